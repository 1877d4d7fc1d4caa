import Foundation
import P2PCopy
import P2PCopyCore
import P2PCopyPlatform
import SystemPackage
import TestSupport
import Testing

/// A file that changes while it is sent is sent once more, and named when it changes again.
@Suite("Files that change while they are sent, once and twice")
struct RepeatedFileTests {
  typealias Reading = ChangingSource.Reading

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private static let other = TestContent.random(20_000, seed: 99)

  /// Content of a small file, which travels in a pack, or of a large one.
  private static func content(_ size: Size, _ version: UInt64) -> [UInt8] {
    TestContent.random(size == .small ? 5000 : (9 << 20) + 17, seed: version)
  }

  enum Size: CaseIterable { case small, large }

  private func run(
    _ source: ChangingSource, _ transfer: QuickTransfer = QuickTransfer(),
    _ receive: @escaping @Sendable (Receiver) async throws -> TransferSummary
  ) async -> (sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>) {
    await transfer.run(sending: { try await $0.send(from: source) }, receiving: receive)
  }

  private func run(
    _ source: ChangingSource, _ transfer: QuickTransfer = QuickTransfer()
  ) async -> (sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>) {
    let out = folder.path("out")
    return await run(source, transfer) { try await $0.receive(into: out) }
  }

  /// A file that is as `readings` say, between two that stay.
  private static func source(_ readings: [Reading]) throws -> ChangingSource {
    try ChangingSource([("a", [.stays(other)]), ("file", readings), ("z", [.stays(other)])])
  }

  private func isSame(_ name: String, _ content: [UInt8]) -> Bool { folder.read(name) == content }

  // MARK: Once

  @Test("A file that changed once arrives as it is the second time", arguments: Size.allCases, [false, true])
  func once(size: Size, shrinks: Bool) async throws {
    let (old, new) = (Self.content(size, 1), Self.content(size, 2))
    let first: Reading = shrinks ? .shrinks(old, to: old.count / 2) : .changes(old)
    let source = try Self.source([first, .stays(new)])
    let results = await run(source)
    let (sent, received) = (try results.sent.get(), try results.received.get())
    #expect(isSame("out/file", new))
    #expect(isSame("out/a", Self.other) && isSame("out/z", Self.other))
    #expect(sent.completeFileCount == 3 && received.completeFileCount == 3)
    #expect(source.openingCount("file") == 2)
    #expect(try folder.tree("out").count == 3)
    // A small one is read once more before anything of it is sent.
    let isNoticed = sent.notices.contains { $0.contains("'file' changed") }
    #expect(isNoticed == (size == .large), "\(sent.notices)")
  }

  @Test("The second time it may be longer, shorter or empty", arguments: [0, 1, 5 << 20, (9 << 20) + 17, 12 << 20])
  func sizes(byteCount: Int) async throws {
    let new = TestContent.random(byteCount, seed: 2)
    let results = await run(try Self.source([.changes(Self.content(.large, 1)), .stays(new)]))
    _ = try results.sent.get()
    _ = try results.received.get()
    #expect(isSame("out/file", new))
  }

  @Test("A file of which nothing was sent before it changed comes once more without a word")
  func beforeAnything() async throws {
    let new = Self.content(.large, 2)
    let results = await run(try Self.source([.shrinks(Self.content(.large, 1), to: 0), .stays(new)]))
    _ = try results.sent.get()
    _ = try results.received.get()
    #expect(isSame("out/file", new))
  }

  @Test("Nothing of a partial file is gone on with when the file changes")
  func partial() async throws {
    let (old, new) = (Self.content(.large, 1), Self.content(.large, 2))
    try folder.write(Array(old[..<(3 << 20)]), to: "out/.file.p2p-copy-partial")
    let results = await run(try Self.source([.changes(old), .stays(new)]))
    _ = try results.sent.get()
    let received = try results.received.get()
    #expect(isSame("out/file", new))
    #expect(try folder.tree("out").count == 3)
    // All of it travelled, and before that some of what the partial file lacked.
    #expect(received.transferredByteCount > Int64(2 * Self.other.count + new.count))
  }

  @Test("Two files that change in one page come once more each")
  func two() async throws {
    let files = (1...3).map { number in
      (
        name: "\(number)",
        readings: [
          Reading.changes(Self.content(.large, UInt64(number))), .stays(Self.content(.large, UInt64(10 + number))),
        ]
      )
    }
    let results = await run(try ChangingSource(files))
    _ = try results.sent.get()
    _ = try results.received.get()
    for number in 1...3 {
      #expect(isSame("out/\(number)", Self.content(.large, UInt64(10 + number))), "\(number)")
    }
  }

  @Test("What is there may have been digested while it changed: it is digested once more", arguments: Size.allCases)
  func compared(size: Size) async throws {
    let new = Self.content(size, 2)
    try folder.write(new, to: "out/file")
    let source = try Self.source([.changes(Self.content(size, 1)), .stays(new)])
    let results = await run(source)
    #expect(try results.sent.get().unchangedFileCount == 1)
    #expect(try results.received.get().unchangedFileCount == 1)
  }

  @Test("What changed is left alone for a moment, all of a pack or a page together", arguments: [false, true])
  func pause(isCompared: Bool) async throws {
    let names = (1...5).map { "\($0)" }
    let content = names.indices.map { TestContent.random(3000, seed: UInt64($0)) }
    let source = try ChangingSource(zip(names, content).map { ($0, [.changes($1), .stays($1)]) })
    if isCompared { for (name, content) in zip(names, content) { try folder.write(content, to: "out/\(name)") } }
    let results = await run(source)
    #expect(try results.sent.get().completeFileCount == 5)
    #expect(try results.received.get().unchangedFileCount == (isCompared ? 5 : 0))
    let times = names.map(source.openingTimes)
    #expect(times.allSatisfy { $0.count == 2 })
    let (firstOnes, secondOnes) = (times.compactMap(\.first), times.compactMap(\.last))
    let (end, beginning) = (try #require(firstOnes.max()), try #require(secondOnes.min()))
    #expect(beginning - end >= .milliseconds(200))
  }

  @Test("Progress ends at the total, although some of it came twice")
  func progress() async throws {
    let source = try Self.source([.changes(Self.content(.large, 1)), .stays(Self.content(.large, 2))])
    let (senders, receivers) = (EventRecorder(), EventRecorder())
    let transfer = QuickTransfer()
    try await transfer.watched {
      async let sent = Sender(
        relay: "memory://relay", code: transfer.senderCode, codecs: transfer.codecs, options: transfer.sendOptions
      ).send(from: source, listener: senders.listener)
      async let received = Receiver(
        relay: "memory://relay", code: transfer.receiverCode, codecs: transfer.codecs, options: transfer.receiveOptions
      ).receive(into: folder.path("out"), listener: receivers.listener)
      _ = try await (sent, received)
    }
    for recorder in [senders, receivers] {
      var last = TransferProgress()
      for case .progress(let progress) in recorder.events {
        #expect(progress.byteCount <= progress.totalByteCount)
        last = progress
      }
      #expect(last.byteCount == last.totalByteCount && last.fileCount == 3, "\(last)")
    }
  }

  // MARK: Twice

  @Test("A file that changes again is named, and the others arrive", arguments: Size.allCases, [false, true])
  func twice(size: Size, shrinks: Bool) async throws {
    let (old, new) = (Self.content(size, 1), Self.content(size, 2))
    let source = try Self.source([.changes(old), shrinks ? .shrinks(new, to: new.count / 2) : .changes(new)])
    let results = await run(source)
    #expect(results.sent.errorCode == .sourceUnreadable, "\(results.sent)")
    #expect(results.sent.errorMessage?.contains("'file' changed while") == true, "\(results.sent)")
    #expect(results.received.errorCode == .incomplete, "\(results.received)")
    #expect(folder.read("out/file") == nil)
    #expect(isSame("out/a", Self.other) && isSame("out/z", Self.other))
    #expect(source.openingCount("file") == 2)
  }

  // MARK: Lanes that are lost

  @Test(
    "It arrives as it is the second time wherever connections are cut", .serialized,
    arguments: [12, 14, 17, 20, 23, 26, 29], [1, 3])
  func cut(at message: Int, laneCount: Int) async throws {
    let new = Self.content(.large, 2)
    let cutter = Cutter(at: [message, message + 11])
    var transfer = QuickTransfer(tamper: { message, _ in cutter.pass(message) })
    transfer.sendOptions.retryDuration = .seconds(120)
    transfer.receiveOptions.retryDuration = .seconds(120)
    transfer.sendOptions.connections = .exactly(laneCount)
    transfer.receiveOptions.connections = .exactly(laneCount)
    cutter.watch(transfer.tap)
    let results = await run(try Self.source([.changes(Self.content(.large, 1)), .stays(new)]), transfer)
    #expect(results.sent.errorCode == nil && results.received.errorCode == nil, "\(results)")
    #expect(isSame("out/file", new))
    #expect(isSame("out/a", Self.other) && isSame("out/z", Self.other))
    #expect(cutter.cutCount > 0)
  }

  // MARK: Other destinations

  @Test("Memory has room for a file once, however often it comes")
  func memory() async throws {
    let new = Self.content(.large, 2)
    let memory = MemoryDestination(byteLimit: new.count + 100_000)
    let source = try Self.source([.changes(Self.content(.large, 1)), .stays(new)])
    let results = await run(source) { try await $0.receive(to: memory) }
    _ = try results.sent.get()
    _ = try results.received.get()
    let isNew = memory["file"] == new
    #expect(isNew)
  }

  @Test("What was written to a stream cannot be taken back, and so the file has failed")
  func stream() async throws {
    let source = try ChangingSource([
      ("file", [.changes(Self.content(.large, 1)), .stays(Self.content(.large, 2))])
    ])
    let path = folder.path("stream")
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create], permissions: .ownerReadWrite)
    defer { try? file.close() }
    let results = await run(source) { try await $0.receive(to: StreamDestination(file)) }
    #expect(results.received.errorCode == .incomplete, "\(results.received)")
    #expect(results.received.errorMessage?.contains("cannot be taken back") == true, "\(results.received)")
    #expect(results.sent.errorCode == .peerFailed, "\(results.sent)")
    let written = try #require(folder.read("stream"))
    // The change may be known before all of it was sent.
    let isOldOne = !written.isEmpty && Self.content(.large, 1).starts(with: written)
    #expect(isOldOne)
  }

  @Test("A small file that changed is read once more before anything goes into a stream")
  func smallIntoStream() async throws {
    let new = Self.content(.small, 2)
    let source = try ChangingSource([("file", [.changes(Self.content(.small, 1)), .stays(new)])])
    let file = try FileDescriptor.open(
      FilePath(folder.path("stream")), .writeOnly, options: [.create], permissions: .ownerReadWrite)
    defer { try? file.close() }
    let results = await run(source) { try await $0.receive(to: StreamDestination(file)) }
    _ = try results.received.get()
    #expect(isSame("stream", new))
  }
}
