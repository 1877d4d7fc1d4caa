import Foundation

/// The known answers of RFC 9382, appendix B, in `Vectors/`.
struct SPAKE2Vectors: Decodable {
  struct Vector: Decodable {
    var sender: String
    var receiver: String
    var password: String
    var senderScalar: String
    var receiverScalar: String
    var senderShare: String
    var receiverShare: String
    var key: String
    var transcript: String
    var sharedKey: String
    var confirmationSecret: String
    var senderConfirmationKey: String
    var receiverConfirmationKey: String
    var senderConfirmation: String
    var receiverConfirmation: String

    /// The names in the RFC.
    enum CodingKeys: String, CodingKey {
      case sender = "A"
      case receiver = "B"
      case password = "w"
      case senderScalar = "x"
      case receiverScalar = "y"
      case senderShare = "pA"
      case receiverShare = "pB"
      case key = "K"
      case transcript = "TT"
      case sharedKey = "Ke"
      case confirmationSecret = "Ka"
      case senderConfirmationKey = "KcA"
      case receiverConfirmationKey = "KcB"
      case senderConfirmation = "cA"
      case receiverConfirmation = "cB"
    }
  }

  /// M and N, compressed.
  var senderPoint: String
  var receiverPoint: String
  var vectors: [Vector]

  enum CodingKeys: String, CodingKey {
    case senderPoint = "M"
    case receiverPoint = "N"
    case vectors
  }

  static func load() throws -> SPAKE2Vectors {
    let url = Bundle.module.bundleURL.appendingPathComponent("Vectors/spake2-p256-rfc9382.json")
    return try JSONDecoder().decode(SPAKE2Vectors.self, from: Data(contentsOf: url))
  }
}
