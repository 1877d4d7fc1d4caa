package import P2PCopyCore
import StrictJSON

/// The messages between the peers before the first record: JSON texts.
package enum HandshakeMessage: Hashable, Sendable {
  /// Sender to receiver: share and ephemeral KEM key.
  case senderPake(protocolNumber: UInt32, share: [UInt8], kemKey: [UInt8])
  /// Receiver to sender: share, KEM ciphertext, confirmation.
  case receiverPake(protocolNumber: UInt32, share: [UInt8], kemCiphertext: [UInt8], confirmation: [UInt8])
  /// Sender to receiver: confirmation.
  case confirm([UInt8])
  /// Peer to peer: the codes differ; the session is over.
  case wrongCode
  /// Whoever stands between the peers ends it, and why.
  case refused(code: String, message: String)
  /// Of a type this version does not know.
  case unknown(type: String)

  /// The protocol's number, in the `pake` messages and in the hello before.
  package static let protocolNumber: UInt32 = 2

  /// The longest such text that is read, in bytes of UTF-8.
  package static let maximumByteCount = 16 << 10

  /// The types by which a message is known to be the other peer's, and not of whoever stands between.
  package static let peerTypes: Set<String> = ["pake", "pake_confirm", "wrong_code"]
}

extension HandshakeMessage {
  /// The message as JSON.
  package func encoded() -> String {
    var writer = JSONWriter()
    writer.object { json in
      func field(_ name: String, _ text: String) {
        json.key(name)
        json.string(text.utf8)
      }
      func number(_ name: String, _ value: UInt32) {
        json.key(name)
        json.integer(Int64(value))
      }
      switch self {
      case .refused(let code, let message):
        field("type", "error")
        field("code", code)
        field("message", message)
      case .senderPake(let protocolNumber, let share, let kemKey):
        field("type", "pake")
        number("protocol", protocolNumber)
        field("share", Hex.encode(share))
        field("kem_key", Hex.encode(kemKey))
      case .receiverPake(let protocolNumber, let share, let kemCiphertext, let confirmation):
        field("type", "pake")
        number("protocol", protocolNumber)
        field("share", Hex.encode(share))
        field("kem_ciphertext", Hex.encode(kemCiphertext))
        field("confirmation", Hex.encode(confirmation))
      case .confirm(let confirmation):
        field("type", "pake_confirm")
        field("confirmation", Hex.encode(confirmation))
      case .wrongCode: field("type", "wrong_code")
      case .unknown(let type): field("type", type)
      }
    }
    return writer.text
  }

  /// Reads a message.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it is malformed.
  package init(decoding text: String) throws(P2PCopyError) {
    guard text.utf8.count <= Self.maximumByteCount else {
      throw P2PCopyError(.protocolViolation, "a handshake message of \(text.utf8.count) bytes came")
    }
    do {
      self = try Self.message(JSONObject(parsing: text.utf8))
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.protocolViolation, "a malformed handshake message came", cause: error)
    }
  }

  private static func message(_ json: JSONObject) throws -> HandshakeMessage {
    switch try json.string("type") {
    case "error":
      return .refused(
        code: try json.string("code") ?? "", message: String((try json.string("message") ?? "").prefix(300)))
    case "pake":
      let number = try json.integer("protocol", as: UInt32.self) ?? 0
      if json.has("kem_key") {
        return .senderPake(
          protocolNumber: number, share: try bytes("share", of: json), kemKey: try bytes("kem_key", of: json))
      }
      return .receiverPake(
        protocolNumber: number, share: try bytes("share", of: json),
        kemCiphertext: try bytes("kem_ciphertext", of: json), confirmation: try bytes("confirmation", of: json))
    case "pake_confirm": return .confirm(try bytes("confirmation", of: json))
    case "wrong_code": return .wrongCode
    case let type?: return .unknown(type: type)
    case nil: throw P2PCopyError(.protocolViolation, "a handshake message without a type came")
    }
  }

  private static func bytes(_ key: String, of json: JSONObject) throws -> [UInt8] {
    guard let bytes = try json.string(key).flatMap(Hex.decode) else {
      throw P2PCopyError(.protocolViolation, "a handshake message with a missing or malformed field came")
    }
    return bytes
  }
}
