package import P2PCopyCore
package import WebSocketFraming

// The status codes of RFC 6455, section 7.4, and of our relay, as `docs/protocol.md` lists them: known here and nowhere
// above.

extension TransportClosure {
  /// What a Close frame of the relay means.
  package init(_ payload: ClosePayload) {
    let reason: Reason =
      switch payload.status {
      case 1000, ClosePayload.noStatus: .normal
      case 1001: .goingAway
      case 1002, 1003, 1007...1010: .refused
      case 1013: .unavailable
      case 4001: .failed(.receiver)
      case 4002: .peerVanished
      case 4003: .failed(.sender)
      case 4004: .waitedTooLong
      default: .other
      }
    self.init(reason, text: payload.reason)
  }
}

extension ClosePayload {
  /// Stands for a reason that has no status of its own.
  private static let otherStatus: UInt16 = 4000

  /// What tells the relay, and through it the other peer, of a closure.
  package init(_ closure: TransportClosure) {
    let status: UInt16 =
      switch closure.reason {
      case .normal: 1000
      case .goingAway: 1001
      case .refused: 1008
      case .unavailable: 1013
      case .failed(.receiver): 4001
      case .peerVanished: 4002
      case .failed(.sender): 4003
      case .waitedTooLong: 4004
      case .other: Self.otherStatus
      }
    self.init(status: status, reason: closure.text)
  }
}
