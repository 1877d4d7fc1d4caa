import Foundation
import NIOCore
import P2PCopy
import P2PCopyCore
import P2PCopyTesting
import Synchronization
import TestSupport
import Testing

/// A file that changes while it is being sent must not arrive as a mixture of old and new.
@Suite("Sources that change while they are sent")
struct ChangingSourceTests {
  private static let byteCount = 24 << 20

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(Self.byteCount, seed: 7), to: "source/file")
  }

  /// A transfer in which something happens once the first piece of a file has been sent.
  private func run(
    _ transferProtocol: TransferProtocol, acceptsGrowth: Bool = false,
    _ happening: @escaping @Sendable (String) -> Void
  ) async throws -> Result<TransferSummary, any Error> {
    let path = folder.path("source/file")
    let hasHappened = Mutex(false)
    var transfer = InMemoryTransfer(transferProtocol) { message, direction in
      if case .binary(let bytes) = message, direction == .senderToReceiver, bytes.readableBytes > 500_000 {
        let isFirst = hasHappened.withLock { hasHappened in
          defer { hasHappened = true }
          return !hasHappened
        }
        if isFirst { happening(path) }
      }
      return [message]
    }
    transfer.sendOptions.acceptsGrowingFiles = acceptsGrowth
    let results = try await transfer.run([path], into: folder.path("out"))
    #expect(hasHappened.withLock { $0 })
    return results.sent
  }

  @Test(
    "Content that changed is noticed, though size and time are what they were", arguments: TransferProtocol.allCases)
  func timeSetBack(transferProtocol: TransferProtocol) async throws {
    let sent = try await run(transferProtocol) { path in
      var status = stat()
      let descriptor = open(path, O_WRONLY)
      guard descriptor >= 0, fstat(descriptor, &status) == 0,
        pwrite(descriptor, [UInt8](repeating: 0, count: 100), 100, 0) == 100,
        pwrite(descriptor, [UInt8](repeating: 0, count: 100), 100, Self.byteCount - 100) == 100,
        futimens(descriptor, [status.st_atim, status.st_mtim]) == 0
      else {
        Issue.record("cannot change the file")
        return
      }
      close(descriptor)
    }
    let arrived = folder.read("out/file")
    switch transferProtocol {
    case .one:
      #expect(sent.errorCode == .sourceUnreadable, "\(sent)")
      let hasArrived = arrived != nil
      #expect(!hasArrived)
    case .two:
      // Once more, as it is then.
      #expect(throws: Never.self) { try sent.get() }
      let isSame = arrived == folder.read("source/file")
      #expect(isSame && arrived?.first == 0)
    }
  }

  // MARK: Files that grow

  /// What is done to a file while it is sent.
  enum Change: CaseIterable {
    case grows, growsAndKeepsTime, growsAndIsWritten, isWritten, shrinks, isReplacedByLonger

    func apply(to path: String) {
      var status = stat()
      let descriptor = open(path, O_WRONLY)
      guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
        Issue.record("cannot open the file")
        return
      }
      defer { close(descriptor) }
      let size = Int(status.st_size)
      let zeros = [UInt8](repeating: 0, count: 1000)
      switch self {
      case .grows, .growsAndKeepsTime, .growsAndIsWritten:
        #expect(pwrite(descriptor, zeros, 1000, size) == 1000)
        // The beginning has been read by now.
        if self == .growsAndIsWritten { #expect(pwrite(descriptor, zeros, 1000, 0) == 1000) }
        if self == .growsAndKeepsTime { #expect(futimens(descriptor, [status.st_atim, status.st_mtim]) == 0) }
      case .isWritten: #expect(pwrite(descriptor, zeros, 1000, size - 2000) == 1000)
      case .shrinks: #expect(ftruncate(descriptor, off_t(size / 2)) == 0)
      case .isReplacedByLonger:
        #expect(rename(path, path + ".1") == 0)
        let new = open(path, O_WRONLY | O_CREAT, 0o600)
        #expect(pwrite(new, zeros, 1000, 2 * size) == 1000)
        close(new)
      }
    }
  }

  @Test(
    "A file that may grow is as long as it was at its opening; whatever else happens to it is a change",
    arguments: Change.allCases)
  func grows(change: Change) async throws {
    let content = try #require(folder.read("source/file"))
    let sent = try await run(.two, acceptsGrowth: true) { change.apply(to: $0) }
    #expect(throws: Never.self) { try sent.get() }
    let arrived = folder.read("out/file")
    switch change {
    case .grows, .growsAndKeepsTime, .isReplacedByLonger:
      // Of a file that was renamed, the name says nothing.
      let isBeginning = arrived == content
      #expect(isBeginning)
      #expect(try sent.get().notices.isEmpty)
    case .growsAndIsWritten, .isWritten, .shrinks:
      let isNew = arrived == folder.read("source/file")
      #expect(isNew && arrived != nil)
      #expect(try sent.get().notices.count == 1)
    }
  }

  @Test("Without that it is sent once more, with what was appended")
  func growsUnasked() async throws {
    let sent = try await run(.two) { Change.grows.apply(to: $0) }
    #expect(throws: Never.self) { try sent.get() }
    let isNew = folder.read("out/file") == folder.read("source/file")
    #expect(isNew)
  }

  @Test("A file that changes all the time is named, after two times")
  func always() async throws {
    let path = folder.path("source/file")
    let transfer = InMemoryTransfer { message, direction in
      if case .binary(let bytes) = message, direction == .senderToReceiver, bytes.readableBytes > 500_000 {
        Change.isWritten.apply(to: path)
      }
      return [message]
    }
    try folder.write([1], to: "source/other")
    let results = try await transfer.run([folder.path("source")], into: folder.path("out"))
    #expect(results.sent.errorCode == .sourceUnreadable, "\(results.sent)")
    #expect(results.received.errorCode == .incomplete, "\(results.received)")
    #expect(folder.read("out/source/other") == [1])
    let hasArrived = folder.read("out/source/file") != nil
    #expect(!hasArrived)
  }

  @Test("What grows has the length of its opening, and what says nothing about its size is read whole")
  func opening() throws {
    let path = try folder.write([1, 2, 3], to: "log")
    let source = try FileSource([LocalPath(path)], acceptsGrowth: true)
    guard case .entry(let entry)? = try source.entries(from: 0).next() else {
      Issue.record("nothing is listed")
      return
    }
    let content = try source.open(entry)
    try folder.write([1, 2, 3, 4, 5], to: "log")
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
    defer { memory.deallocate() }
    #expect(content.byteCount == 3)
    #expect(try content.hasReliableSize())
    #expect(try content.read(into: memory, at: 0) == 3)
    #expect(try content.read(into: memory, at: 3) == 0)
    #expect(try content.read(into: memory, at: 4) == 0)
    let version = try FileSource([LocalPath("/proc/version")], acceptsGrowth: true)
    guard case .entry(let made)? = try version.entries(from: 0).next() else {
      Issue.record("nothing is listed")
      return
    }
    #expect(try !version.open(made).hasReliableSize())
    #expect(try version.open(made).read(into: memory, at: 0) ?? 0 > 0)
  }

  @Test(
    "Another mode, another name and a file in its place leave what is sent as it was",
    arguments: ["mode", "name", "link", "replaced"], TransferProtocol.allCases)
  func contentStays(what: String, transferProtocol: TransferProtocol) async throws {
    let content = folder.read("source/file")
    let other = try folder.write([1], to: "other")
    let sent = try await run(transferProtocol) { path in
      let result =
        switch what {
        case "mode": chmod(path, 0o604)
        case "name": rename(path, path + ".moved")
        case "link": link(path, path + ".linked")
        default: rename(other, path)
        }
      #expect(result == 0)
    }
    #expect(throws: Never.self) { try sent.get() }
    // A truth value, since an expectation that fails prints its operands.
    let isSame = folder.read("out/file") == content
    #expect(isSame)
  }
}
