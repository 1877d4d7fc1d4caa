import P2PCopy
import P2PCopyWire

/// A message of the exchange over a lane that is dialled.
enum ExchangeStep: CaseIterable, Hashable, Sendable {
  case offer
  case answer
  case confirmation

  init?(_ message: TransportMessage) {
    switch message.handshakeMessage {
    case .laneOffer?: self = .offer
    case .laneAnswer?: self = .answer
    case .laneConfirm?: self = .confirmation
    default: return nil
    }
  }

  /// An earlier message with the lane, the epoch and the counts of the one in whose place it is to come.
  static func adapting(_ earlier: TransportMessage, to message: TransportMessage) -> TransportMessage {
    switch (earlier.handshakeMessage, message.handshakeMessage) {
    case (.laneOffer(let old)?, .laneOffer(var new)?):
      new.kemKey = old.kemKey
      return .text(HandshakeMessage.laneOffer(new).encoded())
    case (.laneAnswer(_, let ciphertext, let confirmation)?, .laneAnswer(let count, _, _)?):
      return .text(
        HandshakeMessage.laneAnswer(receivedCount: count, kemCiphertext: ciphertext, confirmation: confirmation)
          .encoded())
    default: return earlier
    }
  }
}
