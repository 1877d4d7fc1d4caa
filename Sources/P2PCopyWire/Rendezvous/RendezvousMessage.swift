package import P2PCopyCore
import StrictJSON

/// The messages by which two peers find each other, of either protocol: JSON texts between a peer and whoever it meets the
/// other one at, which is a relay, or the other one itself.
package enum RendezvousMessage: Hashable, Sendable {
  /// The first message of whoever connects: by which id it is to be found, and who it is. The protocol's number is left out
  /// in protocol 1.
  case hello(identifier: String, role: PeerRole, protocolNumber: UInt32?)
  /// Registered; the other one is not there yet.
  case waiting
  /// The other one is there.
  case ready
  /// Refused, and why.
  case refused(code: String, message: String)
  /// Of a type that is none of these.
  case other(type: String)

  /// The longest such text that is read, in bytes of UTF-8.
  package static let maximumByteCount = 16 << 10
}

extension RendezvousMessage {
  /// The message as JSON; a hello of protocol 1 is to the byte as the Python tool p2p-copy 0.1 writes it.
  package func encoded() -> String {
    var writer = JSONWriter()
    writer.object { json in
      switch self {
      case .hello(let identifier, let role, let protocolNumber):
        json.field("type", "hello")
        json.field("code_hash_hex", identifier)
        json.field("role", role.rawValue)
        if let protocolNumber {
          json.key("protocol")
          json.integer(Int64(protocolNumber))
        }
      case .waiting: json.field("type", "waiting")
      case .ready: json.field("type", "ready")
      case .refused(let code, let message):
        Refusal(code: code, message: message).write(to: &json)
      case .other(let type): json.field("type", type)
      }
    }
    return writer.text
  }

  /// Reads a message.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when it is malformed.
  package init(decoding text: String) throws(P2PCopyError) {
    guard text.utf8.count <= Self.maximumByteCount else {
      throw P2PCopyError(
        .protocolViolation, "a message of \(text.utf8.count) bytes came before the other side was there")
    }
    do {
      self = try Self.message(JSONObject(parsing: text.utf8))
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.protocolViolation, "a malformed message came before the other side was there", cause: error)
    }
  }

  private static func message(_ json: JSONObject) throws -> RendezvousMessage {
    switch try json.string("type") {
    case "hello":
      guard let identifier = try json.string("code_hash_hex"), let role = try json.string("role").flatMap(PeerRole.init)
      else {
        throw P2PCopyError(.protocolViolation, "a hello with a missing or malformed field came")
      }
      return .hello(identifier: identifier, role: role, protocolNumber: try json.integer("protocol", as: UInt32.self))
    case "waiting": return .waiting
    case "ready": return .ready
    case "error":
      let refusal = try Refusal(json)
      return .refused(code: refusal.code, message: refusal.message)
    case let type?: return .other(type: type)
    case nil: throw P2PCopyError(.protocolViolation, "a message without a type came before the other side was there")
    }
  }
}
