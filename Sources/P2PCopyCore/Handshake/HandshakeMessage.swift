import FoundationEssentials

/// The messages before the first record: JSON texts between a peer and the relay, and between the peers.
public enum HandshakeMessage: Hashable, Sendable {
  /// Peer to relay, first message.
  case hello(rendezvous: String, role: PeerRole)
  /// Relay to peer: registered, the other one is not there yet.
  case waiting
  /// Relay to peer: the other one is there.
  case ready
  /// Relay to peer: refused, and why.
  case relayError(code: String, message: String)
  /// Sender to receiver: share and ephemeral KEM key.
  case senderPake(protocolNumber: UInt32, share: [UInt8], kemKey: [UInt8])
  /// Receiver to sender: share, KEM ciphertext, confirmation.
  case receiverPake(protocolNumber: UInt32, share: [UInt8], kemCiphertext: [UInt8], confirmation: [UInt8])
  /// Sender to receiver: confirmation.
  case confirm([UInt8])
  /// Peer to peer: the codes differ; the session is over.
  case wrongCode
  /// Of a type this version does not know.
  case unknown(type: String)

  /// The protocol's number in ``hello(rendezvous:role:)`` and the `pake` messages.
  public static let protocolNumber: UInt32 = 2

  /// The longest such text that is read, in bytes of UTF-8.
  public static let maximumByteCount = 16 << 10
}

extension HandshakeMessage {
  /// The message as JSON.
  public func encoded() -> String {
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
      case .hello(let rendezvous, let role):
        field("type", "hello")
        field("code_hash_hex", rendezvous)
        field("role", role.rawValue)
        number("protocol", Self.protocolNumber)
      case .waiting: field("type", "waiting")
      case .ready:
        field("type", "ready")
        number("protocol", Self.protocolNumber)
      case .relayError(let code, let message):
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
  public init(decoding text: String) throws(P2PCopyError) {
    guard text.utf8.count <= Self.maximumByteCount else {
      throw P2PCopyError(.protocolViolation, "a handshake message of \(text.utf8.count) bytes came")
    }
    let fields: Fields
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      fields = try decoder.decode(Fields.self, from: Data(text.utf8))
    } catch {
      throw P2PCopyError(.protocolViolation, "a malformed handshake message came", cause: error)
    }
    self = try fields.handshakeMessage()
  }

  private struct Fields: Decodable {
    var type: String
    var code: String?
    var message: String?
    var `protocol`: UInt32?
    var share: String?
    var kemKey: String?
    var kemCiphertext: String?
    var confirmation: String?

    func handshakeMessage() throws(P2PCopyError) -> HandshakeMessage {
      switch type {
      case "waiting": return .waiting
      case "ready": return .ready
      case "error":
        return .relayError(code: code ?? "", message: String((message ?? "").prefix(300)))
      case "pake":
        let number = `protocol` ?? 0
        if kemKey != nil {
          return .senderPake(
            protocolNumber: number, share: try bytes(share), kemKey: try bytes(kemKey))
        }
        return .receiverPake(
          protocolNumber: number, share: try bytes(share), kemCiphertext: try bytes(kemCiphertext),
          confirmation: try bytes(confirmation))
      case "pake_confirm": return .confirm(try bytes(confirmation))
      case "wrong_code": return .wrongCode
      default: return .unknown(type: type)
      }
    }

    private func bytes(_ text: String?) throws(P2PCopyError) -> [UInt8] {
      guard let text, let bytes = Hex.decode(text) else {
        throw P2PCopyError(.protocolViolation, "a handshake message with a missing or malformed field came")
      }
      return bytes
    }
  }
}
