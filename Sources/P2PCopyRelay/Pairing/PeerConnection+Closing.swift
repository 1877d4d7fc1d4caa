import Logging
import NIOCore
import WebSocketFraming

/// How a connection ends: why, in which words, and what the partner is told.
extension PeerConnection {
  /// The status a peer gets when the other one is gone without a Close.
  static let vanished = ClosePayload(status: 4002, reason: "peer vanished")

  /// Closes a connection that is not or not yet paired, with a reason for both the peer and the log.
  func refuse(_ refusal: Refusal) {
    logger.notice(
      "refused", metadata: metadata.adding("status", "\(refusal.close.status)").adding("reason", refusal.close.reason))
    sendAway(refusal)
  }

  /// Closes a connection that is not or not yet paired, with a reason for the peer.
  func sendAway(_ refusal: Refusal) {
    switch state {
    case .awaitingHello, .waiting:
      if speaksProtocol2, input.receivedClose == nil { output.send(RelayMessage.error(refusal).text) }
      close(refusal.close)
    case .paired, .closing, .closed: break
    }
  }

  /// The peer broke the protocol.
  func fail(_ error: FramingError) {
    guard case .paired(let pair, _) = state else {
      refuse(.badFrame(error))
      return
    }
    let partner = pair.partner(of: self)
    switchboard.pairEnded(pair, "refused", by: self, reason: error.message)
    close(ClosePayload(error))
    partner.close(Self.vanished)
  }

  /// The peer's Close is here, and has been passed on if there is a partner.
  func peerClosed(_ payload: ClosePayload) {
    switch state {
    case .awaitingHello, .waiting:
      logger.info("left", metadata: metadata)
      close(payload)
    case .paired(let pair, _):
      // Our Close to this peer is that of its partner, whose coming says that the partner has everything.
      let partner = pair.partner(of: self)
      guard partner.input.receivedClose != nil else {
        resumeReading()
        return
      }
      switchboard.pairEnded(pair, "finished")
      finish()
      partner.finish()
    case .closing:
      finish()
    case .closed: break
    }
  }

  /// The peer has been silent for too long.
  func die() {
    let reason = "no sign of life"
    switch state {
    case .paired(let pair, _): leavePair(pair, reason: reason)
    default: logger.info("vanished", metadata: metadata.adding("reason", reason))
    }
    leave()
    channel.close(promise: nil)
  }

  /// Ends the pair, for a peer that is gone.
  func leavePair(_ pair: Pair, reason: String) {
    let partner = pair.partner(of: self)
    guard input.receivedClose != nil else {
      switchboard.pairEnded(pair, "vanished", by: self, reason: reason)
      partner.close(Self.vanished)
      return
    }
    // It said goodbye and did not wait for the answer. The partner still gets everything, with that Close at the end.
    switchboard.pairEnded(pair, "finished", by: self, reason: "it did not wait for the answer to its close")
    partner.leave()
  }

  // MARK: Steps to the end

  /// Ends the connection from our side, with a Close where the stream to the peer allows it.
  ///
  /// - Parameters:
  ///   - payload: What the Close says.
  ///   - lingers: Whether to wait for the peer's Close, so that ours is not lost in a reset.
  func close(_ payload: ClosePayload, lingers: Bool = true) {
    switch state {
    case .closing, .closed: return
    case .awaitingHello, .waiting, .paired: break
    }
    let isInsideFrame = isInsideForwardedFrame
    leave()
    guard !isInsideFrame, output.sendClose(payload) else {
      finish()
      return
    }
    if input.receivedClose != nil || !lingers { finish() }
  }

  /// Ends the TCP connection as soon as everything is written.
  func finish() {
    leave()
    output.closeWhenFlushed()
  }
}
