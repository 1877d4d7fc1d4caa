import Foundation
import P2PCopy
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire
import TestSupport
import Testing

/// Every failure of an entry goes one road: each is in events, summary and receipt, and in each of them once.
@Suite("The road of a failure")
struct EntryFailureTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func shownPaths(inReceipt name: String) throws -> [String] {
    let text = String(decoding: try #require(folder.read(name)), as: UTF8.self)
    #expect(text.contains("\"complete\":false"))
    return text.matches(of: /"shown_path":"([^"]*)"/).map { String($0.1) }
  }

  private func failedPaths(_ recorder: EventRecorder) -> [String] {
    recorder.events.compactMap { if case .fileFailed(let failure) = $0 { failure.path.description } else { nil } }
  }

  @Test("What is not found, what is refused and what is in the way is said once everywhere, on both sides")
  func transfer() async throws {
    for name in ["taken", "fine"] { try folder.write([1], to: "source/" + name) }
    try folder.write([2], to: "out/taken")
    #expect(symlink("../../outside", folder.path("source/link")) == 0)
    var transfer = InMemoryTransfer()
    transfer.sendOptions.fileList = ["missing", "taken", "link", "fine"]
    transfer.sendOptions.receiptFile = LocalPath(folder.path("sent.json"))
    transfer.receiveOptions.receiptFile = LocalPath(folder.path("received.json"))
    let (sender, receiver) = (try transfer.sender(), try transfer.receiver())
    let (sent, received) = (EventRecorder(), EventRecorder())
    async let sending = result { try await sender.send([folder.path("source")], listener: sent.listener) }
    async let receiving = result {
      try await receiver.receive(into: folder.path("out"), listener: received.listener)
    }
    let results = await (sending, receiving)

    #expect(results.0.errorCode == .incomplete && results.1.errorCode == .incomplete, "\(results)")
    let known = ["link", "missing", "taken"]
    #expect(failedPaths(sent).sorted() == known)
    #expect(sent.summary?.failures.map(\.path.description).sorted() == known)
    #expect(sent.summary?.failureCount == 3)
    #expect(try shownPaths(inReceipt: "sent.json").sorted() == known)
    // What was never announced the receiver knows by its number only.
    #expect(failedPaths(received).sorted() == ["link", "taken"])
    #expect(received.summary?.failures.map(\.path.description).sorted() == ["link", "taken"])
    #expect(received.summary?.failureCount == 3)
    #expect(try shownPaths(inReceipt: "received.json").sorted() == ["link", "taken"])
    #expect(try folder.tree("out") == ["taken": [2], "fine": [1]])
    // What a session goes on after is an entry's alone.
    let failures = (sent.summary?.failures ?? []) + (received.summary?.failures ?? [])
    #expect(failures.allSatisfy { $0.error.scope == .entry }, "\(failures)")
    #expect(received.summary?.failures.first { $0.path == "taken" }?.error.remedy == .changeConflictPolicy)
    #expect(received.summary?.failures.first { $0.path == "link" }?.error.remedy == .changeLinkPolicy)
  }

  @Test("What the other side has to be told comes out of the function that takes the failure")
  func notices() {
    let monitor = TransferMonitor()
    let failures = EntryFailures(monitor)
    let error = P2PCopyError(.destinationExists, "'a' exists", remedy: .renameConflicts, scope: .entry)
    let failure = EntryFailure(path: "a", error: error)
    let notice = failures.notice(of: failure, index: 7)
    #expect(notice.index == 7 && notice.code == .destinationExists && notice.message == error.advisingMessage)
    #expect(failures.refusal(of: failure) == .refused(code: .destinationExists, message: error.advisingMessage))
    failures.takeUntold(failure)
    failures.takeReported(failure)
    failures.takeUnnamed(count: 5, error)
    #expect(failures.ownCount == 3 && failures.reportedCount == 1)
    let summary = monitor.finish()
    #expect(summary.failureCount == 9 && summary.failures.count == 4 && summary.unnamedFailure != nil)
  }
}
