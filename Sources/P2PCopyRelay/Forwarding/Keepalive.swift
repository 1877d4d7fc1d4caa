import NIOCore

/// Judges whether a peer is alive.
struct Keepalive {
  /// What to do about a peer now.
  enum Verdict: Equatable {
    case alive
    case ping
    case dead
  }

  /// How many silent intervals a peer has that has nothing to do but to answer.
  static let patience = 3

  /// How many it has when something was passed on to it: it may be stuck with that, say on a disk that does not answer,
  /// and then does not get to see a ping behind it. A machine that is gone with nothing on its way to it is noticed
  /// earlier, by TCP.
  static let patienceWithBusyPeer = 6

  private var lastSign: NIODeadline
  private var lastPing: NIODeadline?
  private var unsentByteCount = 0
  private var sentByteCount: Int64 = 0

  init(now: NIODeadline) {
    lastSign = now
  }

  /// Something came from the peer, or it could not be heard because it was not read.
  mutating func noteReceived(now: NIODeadline) {
    lastSign = now
    lastPing = nil
  }

  /// Looks at a peer.
  ///
  /// - Parameters:
  ///   - now: The time.
  ///   - interval: After this long a silent peer is pinged.
  ///   - isBusy: Whether something was passed on to it.
  ///   - writtenByteCount: All bytes written to it so far.
  ///   - unsentByteCount: Those of them that the system has not taken yet.
  /// - Returns: What to do.
  mutating func check(
    now: NIODeadline, interval: TimeAmount, isBusy: Bool, writtenByteCount: UInt64, unsentByteCount: Int
  ) -> Verdict {
    let sent = Int64(clamping: writtenByteCount) - Int64(unsentByteCount)
    // A queue that had built up and now moves shows that the peer takes bytes. An empty one shows nothing.
    if self.unsentByteCount > 0, sent > sentByteCount { noteReceived(now: now) }
    (sentByteCount, self.unsentByteCount) = (sent, unsentByteCount)
    let silence = now - lastSign
    if silence >= interval * (isBusy ? Self.patienceWithBusyPeer : Self.patience) { return .dead }
    guard silence >= interval, lastPing.map({ now - $0 >= interval }) ?? true else { return .alive }
    lastPing = now
    return .ping
  }
}
