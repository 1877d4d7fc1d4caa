import NIOTransportSupport
import Testing

@Suite struct KeepaliveTests {
  /// One interval: whether something was heard, whether the socket is read, what waits to be written, and how much of it
  /// was written in the interval.
  private struct Interval {
    var isHeard = false
    var isReading = true
    var isWriting = false
    var written: Int64 = 0

    static let silent = Interval()
    static let heard = Interval(isHeard: true)
    static let paused = Interval(isReading: false)
    static let stuck = Interval(isWriting: true)
    static let writing = Interval(isWriting: true, written: 1)
  }

  private func actions(_ intervals: [Interval]) -> [Keepalive.Action] {
    var keepalive = Keepalive()
    var written: Int64 = 1000
    _ = keepalive.intervalPassed(isReading: true, isWriting: false, writtenByteCount: written)
    return intervals.map { interval in
      if interval.isHeard { keepalive.heard() }
      written += interval.written
      return keepalive.intervalPassed(
        isReading: interval.isReading, isWriting: interval.isWriting, writtenByteCount: written)
    }
  }

  @Test("The first interval is quiet")
  func theFirstIntervalIsQuiet() {
    var keepalive = Keepalive()
    #expect(keepalive.intervalPassed(isReading: true, isWriting: false, writtenByteCount: 0) == .nothing)
    #expect(keepalive.intervalPassed(isReading: true, isWriting: false, writtenByteCount: 0) == .ping)
  }

  @Test("Gives up after three unanswered probes")
  func givesUpAfterThreeUnansweredProbes() {
    #expect(actions([.silent, .silent, .silent, .silent]) == [.ping, .ping, .ping, .giveUp])
  }

  @Test("Any byte starts anew")
  func anyByteStartsAnew() {
    #expect(
      actions([.silent, .silent, .silent, .heard, .silent]) == [.ping, .ping, .ping, .nothing, .ping])
  }

  @Test("Silence does not count while nobody listens")
  func silenceDoesNotCountWhileNobodyListens() {
    #expect(actions(Array(repeating: .paused, count: 5)) == Array(repeating: .nothing, count: 5))
  }

  @Test("Waits longer while our own bytes are stuck and not without end")
  func waitsLongerWhileOurOwnBytesAreStuckAndNotWithoutEnd() {
    #expect(
      actions(Array(repeating: .stuck, count: 6)) == [.ping, .ping, .ping, .ping, .ping, .giveUp])
    #expect(actions([.stuck, .stuck, .stuck, .stuck, .silent]) == [.ping, .ping, .ping, .ping, .giveUp])
  }

  @Test("Bytes that are taken are a sign of life")
  func bytesThatAreTakenAreASignOfLife() {
    #expect(actions(Array(repeating: .writing, count: 20)) == Array(repeating: .nothing, count: 20))
    #expect(
      actions([.stuck, .stuck, .stuck, .stuck, .stuck, .writing, .stuck])
        == [.ping, .ping, .ping, .ping, .ping, .nothing, .ping])
  }
}
