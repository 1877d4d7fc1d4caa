import Foundation
import P2PCopyCore
import P2PCopyWire

/// The known answers of protocol 2, in `Vectors/`, with the program that computed them.
struct Protocol2KnownAnswers: Decodable {
  struct Key: Decodable {
    var purpose: String
    var direction: UInt8
    var connection: UInt32
    var epoch: UInt32
    var contextHex: String
    var keyHex: String
  }

  struct Record: Decodable {
    var key: String
    var bodyHex: String
    var chainHex: String
    var recordHex: String
  }

  /// A lane that was dialled again: lane 0, epoch 2; the sender has 5 records, the receiver 300.
  struct Lane: Decodable {
    var rendezvous: String
    var transcriptHex: String
    var senderConfirmationHex: String
    var receiverConfirmationHex: String
    var dataKeyHex: String
    var offer: String
    var answer: String
    var confirm: String
  }

  struct Messages: Decodable {
    var hello: String
    var senderPake: String
    var receiverPake: String
    var confirm: String
    var wrongCode: String
  }

  var code: String
  var rendezvous: String
  var wholeCode: String
  var wholeCodeRendezvous: String
  var passwordSaltHex: String
  var passwordHex: String
  var wHex: String
  var senderScalarHex: String
  var receiverScalarHex: String
  var constantMHex: String
  var constantNHex: String
  var senderBlindHex: String
  var receiverBlindHex: String
  var senderShareHex: String
  var receiverShareHex: String
  var kemSeedHex: String
  var kemKeyHex: String
  var kemCiphertextHex: String
  var kemSecretHex: String
  var associatedDataHex: String
  var sharedKeyHex: String
  var senderConfirmationHex: String
  var receiverConfirmationHex: String
  var transcriptSaltHex: String
  var manifest: String
  var receiverManifest: String
  var negotiationHashHex: String
  var keys: [Key]
  var records: [Record]
  var lane: Lane
  var messages: Messages

  static func load() throws -> Protocol2KnownAnswers {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let url = Bundle.module.bundleURL.appendingPathComponent("Vectors/protocol2.json")
    return try decoder.decode(Protocol2KnownAnswers.self, from: Data(contentsOf: url))
  }
}

extension String {
  /// The bytes of hexadecimal text; none when it is something else.
  var hexBytes: [UInt8] { Hex.decode(self) ?? [] }
}

extension SecretBytes {
  /// A secret that is none.
  init(hex: String) { self.init(copying: hex.hexBytes.span.bytes) }

  /// The secret as hexadecimal text.
  var hex: String { withUnsafeBytes { Hex.encode($0) } }
}
