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
  /// Sender to receiver, over a lane that was dialled again.
  case laneOffer(LaneOffer)
  /// Receiver to sender: how many records it has, KEM ciphertext, confirmation.
  case laneAnswer(receivedCount: UInt64, kemCiphertext: [UInt8], confirmation: [UInt8])
  /// Sender to receiver: confirmation.
  case laneConfirm([UInt8])
  /// Peer to peer: the codes differ; the session is over.
  case wrongCode
  /// Whoever stands between the peers ends it, and why.
  case refused(code: String, message: String)
  /// Of a type this version does not know.
  case unknown(type: String)

  /// What a sender says first over a lane that was dialled again.
  package struct LaneOffer: Hashable, Sendable {
    package var lane: UInt32
    package var epoch: UInt32
    /// How many of the receiver's records the sender has.
    package var receivedCount: UInt64
    /// Its ephemeral KEM key.
    package var kemKey: [UInt8]

    package init(lane: UInt32, epoch: UInt32, receivedCount: UInt64, kemKey: [UInt8]) {
      self.lane = lane
      self.epoch = epoch
      self.receivedCount = receivedCount
      self.kemKey = kemKey
    }
  }

  /// The protocol's number, in the `pake` messages and in the hello before.
  package static let protocolNumber: UInt32 = 2

  /// The longest such text that is read, in bytes of UTF-8.
  package static let maximumByteCount = 16 << 10

  /// The types by which a message is known to be the other peer's, and not of whoever stands between.
  package static let peerTypes: Set<String> = ["pake", "pake_confirm", "wrong_code", "lane", "lane_confirm"]
}

extension HandshakeMessage {
  /// The message as JSON.
  package func encoded() -> String {
    var writer = JSONWriter()
    writer.object { json in
      func number(_ name: String, _ value: some FixedWidthInteger) {
        json.key(name)
        json.integer(Int64(clamping: value))
      }
      switch self {
      case .refused(let code, let message):
        Refusal(code: code, message: message).write(to: &json)
      case .senderPake(let protocolNumber, let share, let kemKey):
        json.field("type", "pake")
        number("protocol", protocolNumber)
        json.field("share", Hex.encode(share))
        json.field("kem_key", Hex.encode(kemKey))
      case .receiverPake(let protocolNumber, let share, let kemCiphertext, let confirmation):
        json.field("type", "pake")
        number("protocol", protocolNumber)
        json.field("share", Hex.encode(share))
        json.field("kem_ciphertext", Hex.encode(kemCiphertext))
        json.field("confirmation", Hex.encode(confirmation))
      case .confirm(let confirmation):
        json.field("type", "pake_confirm")
        json.field("confirmation", Hex.encode(confirmation))
      case .laneOffer(let offer):
        json.field("type", "lane")
        number("lane", offer.lane)
        number("epoch", offer.epoch)
        number("received", offer.receivedCount)
        json.field("kem_key", Hex.encode(offer.kemKey))
      case .laneAnswer(let receivedCount, let kemCiphertext, let confirmation):
        json.field("type", "lane")
        number("received", receivedCount)
        json.field("kem_ciphertext", Hex.encode(kemCiphertext))
        json.field("confirmation", Hex.encode(confirmation))
      case .laneConfirm(let confirmation):
        json.field("type", "lane_confirm")
        json.field("confirmation", Hex.encode(confirmation))
      case .wrongCode: json.field("type", "wrong_code")
      case .unknown(let type): json.field("type", type)
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
      let refusal = try Refusal(json)
      return .refused(code: refusal.code, message: refusal.message)
    case "pake":
      let number = try json.integer("protocol", as: UInt32.self) ?? 0
      if json.has("kem_key") {
        return .senderPake(
          protocolNumber: number, share: try bytes("share", of: json), kemKey: try bytes("kem_key", of: json))
      }
      return .receiverPake(
        protocolNumber: number, share: try bytes("share", of: json),
        kemCiphertext: try bytes("kem_ciphertext", of: json), confirmation: try bytes("confirmation", of: json))
    case "lane":
      let receivedCount = try number("received", of: json, as: UInt64.self)
      if json.has("kem_key") {
        return .laneOffer(
          LaneOffer(
            lane: try number("lane", of: json), epoch: try number("epoch", of: json), receivedCount: receivedCount,
            kemKey: try bytes("kem_key", of: json)))
      }
      return .laneAnswer(
        receivedCount: receivedCount, kemCiphertext: try bytes("kem_ciphertext", of: json),
        confirmation: try bytes("confirmation", of: json))
    case "lane_confirm": return .laneConfirm(try bytes("confirmation", of: json))
    case "pake_confirm": return .confirm(try bytes("confirmation", of: json))
    case "wrong_code": return .wrongCode
    case let type?: return .unknown(type: type)
    case nil: throw P2PCopyError(.protocolViolation, "a handshake message without a type came")
    }
  }

  private static func number<Value: FixedWidthInteger>(
    _ key: String, of json: JSONObject, as type: Value.Type = Value.self
  ) throws -> Value {
    guard let value = try json.integer(key, as: type) else {
      throw P2PCopyError(.protocolViolation, "a handshake message with a missing or malformed field came")
    }
    return value
  }

  private static func bytes(_ key: String, of json: JSONObject) throws -> [UInt8] {
    guard let bytes = try json.string(key).flatMap(Hex.decode) else {
      throw P2PCopyError(.protocolViolation, "a handshake message with a missing or malformed field came")
    }
    return bytes
  }
}
