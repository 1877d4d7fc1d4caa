import FoundationEssentials
import NIOCore
import WebSocketFraming

/// The first message of a peer: what it wants to be paired by. Nothing else a peer sends is ever looked at.
struct Hello: Hashable {
  /// Which end of a transfer a peer is.
  enum Role: String {
    case sender
    case receiver
  }

  /// Why a message is not a hello; the texts are those of p2p-copy 0.1, which people may look for.
  enum Refusal: String, Error {
    case notText = "First frame must be hello text"
    case notJSON = "Bad hello json"
    case notHello = "First frame must be hello"
    case incomplete = "Bad hello"

    var closePayload: ClosePayload { ClosePayload(status: 1002, reason: rawValue) }
  }

  /// The longest accepted code hash in UTF-8 bytes; the usual ones have 64.
  static let maximumCodeHashByteCount = 1024

  let codeHash: String
  let role: Role

  /// What a log may show of the code hash.
  var shownCodeHash: String { LogText.escaped(codeHash.prefix(8)) }

  init(codeHash: String, role: Role) {
    self.codeHash = codeHash
    self.role = role
  }

  /// Decodes the text of a message; unknown fields are ignored.
  init(decoding text: ByteBuffer) throws(Refusal) {
    let fields: Fields
    do {
      fields = try JSONDecoder().decode(Fields.self, from: Data(text.readableBytesView))
    } catch DecodingError.typeMismatch {
      throw .notHello
    } catch {
      throw .notJSON
    }
    guard fields.type == "hello" else { throw .notHello }
    guard let codeHash = fields.codeHash, (1...Self.maximumCodeHashByteCount).contains(codeHash.utf8.count),
      let role = fields.role.flatMap(Role.init)
    else { throw .incomplete }
    self.init(codeHash: codeHash, role: role)
  }
}

/// The fields of interest; one of another type counts as missing.
private struct Fields: Decodable {
  enum Key: String, CodingKey {
    case type
    case codeHash = "code_hash_hex"
    case role
  }

  let type: String?
  let codeHash: String?
  let role: String?

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    type = try? container.decode(String.self, forKey: .type)
    codeHash = try? container.decode(String.self, forKey: .codeHash)
    role = try? container.decode(String.self, forKey: .role)
  }
}
