import P2PCopy
import Synchronization
import Testing

@Suite("The tasks of a session")
struct SessionTasksTests {
  @Test("The tasks of a session end with its work")
  func endWithTheWork() async throws {
    let queue = BoundedQueue<Int>(limit: 1)
    var tasks = SessionTasks(failing: queue)
    tasks.add("serving") { try await Task.sleep(for: .seconds(600)) }
    tasks.add("reading", as: .reading) { try await queue.put(1) }
    tasks.add("working", as: .work) {
      let element = try await queue.next()
      #expect(element == 1)
    }
    try await tasks.run()
  }

  @Test("The first failure ends all that wait for each other")
  func firstFailureEndsAllThatWaitForEachOther() async {
    let queue = BoundedQueue<Int>(limit: 1)
    let seen = Mutex<P2PCopyError.Code?>(nil)
    var tasks = SessionTasks(failing: queue)
    tasks.add("serving") { throw P2PCopyError(.corruptData, "bad bytes") }
    tasks.add("working", as: .work) {
      do {
        _ = try await queue.next()
      } catch {
        seen.withLock { $0 = (error as? P2PCopyError)?.code }
        throw error
      }
    }
    await #expect(performing: { try await tasks.run() }, throws: { ($0 as? P2PCopyError)?.code == .corruptData })
    #expect(seen.withLock { $0 } == .corruptData)
  }

  @Test("The other side's last word says more than the connection's end")
  func lastWordOfTheOtherSideSaysMoreThanTheConnectionsEnd() async {
    let queue = BoundedQueue<Int>(limit: 1)
    var tasks = SessionTasks(failing: queue)
    tasks.add("working", as: .work) { throw P2PCopyError(.peerLeft, "the connection ended") }
    tasks.add("reading", as: .reading) {
      try await Task.sleep(for: .milliseconds(50))
      throw P2PCopyError(.checksumMismatch, "the sender stopped: its disk lies")
    }
    await #expect(performing: { try await tasks.run() }, throws: { ($0 as? P2PCopyError)?.code == .checksumMismatch })
  }

  @Test("Why the other side failed says more than that it did")
  func whyTheOtherSideFailedSaysMoreThanThatItDid() async {
    let queue = BoundedQueue<Int>(limit: 1)
    var tasks = SessionTasks(failing: queue)
    tasks.add("working", as: .work) { throw P2PCopyError(.peerFailed, "the receiver ended with a failure") }
    tasks.add("reading", as: .reading) {
      try await Task.sleep(for: .milliseconds(50))
      throw P2PCopyError(.peerFailed, "the receiver stopped: its disk is full")
    }
    await #expect(
      performing: { try await tasks.run() },
      throws: { ($0 as? P2PCopyError)?.message == "the receiver stopped: its disk is full" })
  }

  @Test("A session that is cancelled says so")
  func sessionThatIsCancelledSaysSo() async {
    let session = Task {
      var tasks = SessionTasks()
      tasks.add("working", as: .work) { try await Task.sleep(for: .seconds(600)) }
      try await tasks.run()
    }
    session.cancel()
    await #expect(throws: CancellationError.self) { try await session.value }
  }

  @Test("An end without the work is a failure")
  func endWithoutTheWorkIsAFailure() async {
    var tasks = SessionTasks()
    tasks.add("serving") {}
    await #expect(performing: { try await tasks.run() }, throws: { ($0 as? P2PCopyError)?.code == .internalError })
  }
}
