import NIOCore

extension PeerConnection {
  /// Pings a silent peer and gives up a dead one.
  func checkKeepalive(now: NIODeadline, interval: TimeAmount) {
    switch state {
    case .waiting, .paired: break
    case .awaitingHello, .closing, .closed: return  // These have clocks of their own.
    }
    // After its Close a peer is silent by right; one that we do not read cannot be heard.
    if receivedClose != nil || isReadPending { keepalive.noteReceived(now: now) }
    let verdict = keepalive.check(
      now: now, interval: interval, isBusy: hasBeenForwardedTo, writtenByteCount: writtenByteCount,
      unsentByteCount: unsentByteCount)
    switch verdict {
    case .alive: break
    case .ping:
      guard !isCloseSent else { return }
      isPingPending = true
      sendPendingControl()
    case .dead: die()
    }
  }
}
