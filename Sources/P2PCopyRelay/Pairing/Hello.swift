import NIOCore
import StrictJSON

/// The first message of a peer: what it wants to be paired by. Nothing else a peer sends is ever looked at.
struct Hello: Hashable {
  /// Which end of a transfer a peer is.
  enum Role: String {
    case sender
    case receiver
  }

  /// Why a message is not a hello.
  enum Failure: Error {
    case notText
    case notJSON
    case notHello
    case incomplete(speaksProtocol2: Bool)

    /// Whether the peer understands messages of the relay about what went wrong.
    var speaksProtocol2: Bool {
      switch self {
      case .notText, .notJSON, .notHello: false
      case .incomplete(let speaksProtocol2): speaksProtocol2
      }
    }

    /// What the peer is told; the texts are those of p2p-copy 0.1, which people may look for.
    var refusal: Refusal {
      switch self {
      case .notText: .badHello("First frame must be hello text")
      case .notJSON: .badHello("Bad hello json")
      case .notHello: .badHello("First frame must be hello")
      case .incomplete: .badHello("Bad hello")
      }
    }
  }

  /// The longest accepted code hash in UTF-8 bytes; the usual ones have 64.
  static let maximumCodeHashByteCount = 1024

  let codeHash: String
  let role: Role
  /// Whether the peer takes what the relay says about waiting, pairing and refusals: its hello says `"protocol":2`.
  let speaksProtocol2: Bool

  /// What a log may show of the code hash.
  var shownCodeHash: String { LogText.escaped(codeHash.prefix(8)) }

  init(codeHash: String, role: Role, speaksProtocol2: Bool = false) {
    self.codeHash = codeHash
    self.role = role
    self.speaksProtocol2 = speaksProtocol2
  }

  /// Decodes the text of a message; unknown fields are ignored, and a known one of another type counts as missing.
  init(decoding text: ByteBuffer) throws(Failure) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text.readableBytesView)
    } catch {
      throw .notJSON
    }
    guard case .object(let fields) = value, fields.members["type"]?.string == "hello" else { throw .notHello }
    let speaksProtocol2 = fields.members["protocol"]?.integer(as: Int.self) == 2
    guard let codeHash = fields.members["code_hash_hex"]?.string,
      (1...Self.maximumCodeHashByteCount).contains(codeHash.utf8.count),
      let role = fields.members["role"]?.string.flatMap(Role.init)
    else { throw .incomplete(speaksProtocol2: speaksProtocol2) }
    self.init(codeHash: codeHash, role: role, speaksProtocol2: speaksProtocol2)
  }
}
