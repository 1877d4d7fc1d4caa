import Testing
import WebSocketTransport

@Suite struct KeepaliveTests {
  private func actions(_ intervals: [(heard: Bool, isReading: Bool, isWriting: Bool)]) -> [Keepalive.Action] {
    var keepalive = Keepalive()
    _ = keepalive.intervalPassed(isReading: true, isWriting: false)
    return intervals.map { interval in
      if interval.heard { keepalive.heard() }
      return keepalive.intervalPassed(isReading: interval.isReading, isWriting: interval.isWriting)
    }
  }

  @Test func theFirstIntervalIsQuiet() {
    var keepalive = Keepalive()
    #expect(keepalive.intervalPassed(isReading: true, isWriting: false) == .nothing)
    #expect(keepalive.intervalPassed(isReading: true, isWriting: false) == .ping)
  }

  @Test func givesUpAfterThreeUnansweredProbes() {
    let silent = (heard: false, isReading: true, isWriting: false)
    #expect(actions([silent, silent, silent, silent]) == [.ping, .ping, .ping, .giveUp])
  }

  @Test func anyByteStartsAnew() {
    let silent = (heard: false, isReading: true, isWriting: false)
    let heard = (heard: true, isReading: true, isWriting: false)
    #expect(actions([silent, silent, silent, heard, silent]) == [.ping, .ping, .ping, .nothing, .ping])
  }

  @Test func silenceDoesNotCountWhileNobodyListens() {
    let paused = (heard: false, isReading: false, isWriting: false)
    #expect(actions([paused, paused, paused, paused, paused]) == Array(repeating: .nothing, count: 5))
  }

  @Test func waitsWhileOurOwnBytesAreStuck() {
    let stuck = (heard: false, isReading: true, isWriting: true)
    let silent = (heard: false, isReading: true, isWriting: false)
    #expect(
      actions([stuck, stuck, stuck, stuck, stuck, silent]) == [.ping, .ping, .ping, .nothing, .nothing, .giveUp])
  }
}
