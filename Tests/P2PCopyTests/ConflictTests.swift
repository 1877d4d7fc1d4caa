import Foundation
import Glibc
import P2PCopy
import P2PCopyCore
import Synchronization
import TestSupport
import Testing

@Suite("Something of that name exists")
struct ConflictTests {
  private func outcome(
    _ policy: ConflictPolicy, _ transferProtocol: TransferProtocol, existing: [String: [UInt8]] = ["out/a.txt": [9]]
  ) async throws -> (files: [String: [UInt8]], received: Result<TransferSummary, any Error>) {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "a.txt")
    try folder.write([4], to: "b.txt")
    for (name, bytes) in existing { try folder.write(bytes, to: name) }
    var transfer = InMemoryTransfer(transferProtocol)
    transfer.receiveOptions.conflictPolicy = policy
    let results = try await transfer.run([folder.path("a.txt"), folder.path("b.txt")], into: folder.path("out"))
    return (try folder.tree("out"), results.received)
  }

  @Test("fail: left alone, the others arrive, the error says so", arguments: TransferProtocol.allCases)
  func fail(transferProtocol: TransferProtocol) async throws {
    let (files, received) = try await outcome(.fail, transferProtocol)
    #expect(files == ["a.txt": [9], "b.txt": [4]])
    #expect(received.errorCode == .destinationExists)
  }

  @Test("skip: left alone and counted", arguments: TransferProtocol.allCases)
  func skip(transferProtocol: TransferProtocol) async throws {
    let (files, received) = try await outcome(.skip, transferProtocol)
    #expect(files == ["a.txt": [9], "b.txt": [4]])
    #expect(try received.get().skippedFileCount == 1)
  }

  @Test("overwrite: replaced", arguments: TransferProtocol.allCases)
  func overwrite(transferProtocol: TransferProtocol) async throws {
    let (files, received) = try await outcome(.overwrite, transferProtocol)
    #expect(files == ["a.txt": [1, 2, 3], "b.txt": [4]])
    #expect(try received.get().completeFileCount == 2)
  }

  @Test("rename: both kept, at the next free number", arguments: TransferProtocol.allCases)
  func rename(transferProtocol: TransferProtocol) async throws {
    let (files, _) = try await outcome(.rename, transferProtocol, existing: ["out/a.txt": [9], "out/a (1).txt": [8]])
    #expect(files == ["a.txt": [9], "a (1).txt": [8], "a (2).txt": [1, 2, 3], "b.txt": [4]])
  }

  @Test(
    "A directory in the way is never replaced", arguments: [ConflictPolicy.fail, .overwrite], TransferProtocol.allCases)
  func directory(policy: ConflictPolicy, transferProtocol: TransferProtocol) async throws {
    let (files, received) = try await outcome(policy, transferProtocol, existing: ["out/a.txt/inside": [7]])
    #expect(files == ["a.txt/inside": [7], "b.txt": [4]])
    #expect(received.errorCode == .destinationExists)
  }

  @Test("A file where a directory is needed", arguments: TransferProtocol.allCases)
  func fileInTheWay(transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    try folder.write([1], to: "dir/x")
    try folder.write([2], to: "out/dir")
    let results = try await InMemoryTransfer(transferProtocol).run([folder.path("dir")], into: folder.path("out"))
    #expect(results.received.errorCode == .destinationExists)
    #expect(try folder.tree("out") == ["dir": [2]])
  }

  // MARK: Other names

  /// A transfer that keeps both; protocol 1 compares what is there only when the sender resumes.
  private func renaming(_ transferProtocol: TransferProtocol) -> InMemoryTransfer {
    var transfer = InMemoryTransfer(transferProtocol)
    transfer.receiveOptions.conflictPolicy = .rename
    if transferProtocol == .one { transfer.sendOptions.resume = true }
    return transfer
  }

  @Test("rename: the same again counts as complete under the name it has", arguments: TransferProtocol.allCases)
  func renameAgain(transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "a.tar.gz")
    try folder.write([9], to: "out/a.tar.gz")
    let transfer = renaming(transferProtocol)
    let first = try await transfer.succeed([folder.path("a.tar.gz")], into: folder.path("out"))
    #expect(first.received.renamedCount == 1)
    let expected: [String: [UInt8]] = ["a.tar.gz": [9], "a (1).tar.gz": [1, 2, 3]]
    for _ in 0..<2 {
      let again = try await transfer.succeed([folder.path("a.tar.gz")], into: folder.path("out"))
      #expect(again.received.unchangedFileCount == 1 && again.received.renamedCount == 0)
      #expect(again.received.transferredByteCount == 0)
      #expect(try folder.tree("out") == expected)
    }
    // Another content of the same size gets the next number, and is found there as well.
    try folder.write([4, 5, 6], to: "a.tar.gz")
    for _ in 0..<2 { try await transfer.succeed([folder.path("a.tar.gz")], into: folder.path("out")) }
    #expect(try folder.tree("out") == expected.merging(["a (2).tar.gz": [4, 5, 6]]) { $1 })
  }

  @Test("rename: every earlier number is looked at")
  func renameEarlier() async throws {
    let folder = try TemporaryDirectory()
    try folder.write([9], to: "out/x")
    for number in 1...50 { try folder.write([1, UInt8(number)], to: "out/x (\(number))") }
    try folder.write([1, 7], to: "x")
    let summaries = try await renaming(.two).succeed([folder.path("x")], into: folder.path("out"))
    #expect(summaries.received.unchangedFileCount == 1)
    #expect(try folder.tree("out").count == 51)
  }

  @Test("rename: a link with the same target counts as complete")
  func renameLink() async throws {
    let folder = try TemporaryDirectory()
    try folder.makeDirectory("d")
    try folder.makeDirectory("out/d")
    #expect(symlink("new", folder.path("d/link")) == 0)
    #expect(symlink("old", folder.path("out/d/link")) == 0)
    for _ in 0..<3 { try await renaming(.two).succeed([folder.path("d")], into: folder.path("out")) }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("out/d")).sorted()
    #expect(names == ["link", "link (1)"])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("out/d/link (1)")) == "new")
  }

  @Test("rename: receipt, list of checksums and events name what is in place")
  func renameIsSaid() async throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "t/a.txt")
    try folder.write([4], to: "t/d/b")
    try folder.write([9], to: "out/t/a.txt")
    try folder.write([9], to: "out/t/d")
    var transfer = renaming(.two)
    for run in 0..<2 {
      transfer.receiveOptions.receiptFile = LocalPath(folder.path("receipt-\(run)"))
      transfer.receiveOptions.checksumsFile = LocalPath(folder.path("sums-\(run)"))
      let events = Mutex<[String]>([])
      let (sender, receiver) = (try transfer.sender(), try transfer.receiver())
      async let sent = sender.send([LocalPath(folder.path("t"))])
      try await receiver.receive(into: LocalPath(folder.path("out"))) { stream in
        for await event in stream {
          switch event {
          case .renamed(let path, let newPath): events.withLock { $0.append("\(path) -> \(newPath)") }
          case .fileFinished(let path, _): events.withLock { $0.append("finished \(path)") }
          case .fileSkipped(let path, _): events.withLock { $0.append("skipped \(path)") }
          default: break
          }
        }
      }
      _ = try await sent
      let said = events.withLock { $0 }.sorted()
      #expect(
        said
          == (run == 0
            ? ["finished t/a (1).txt", "finished t/d (1)/b", "t/a.txt -> t/a (1).txt", "t/d -> t/d (1)"]
            : ["skipped t/a (1).txt", "skipped t/d (1)/b", "t/d -> t/d (1)"]))
      let result = try ReceiptVerification(
        receiptFile: LocalPath(folder.path("receipt-\(run)")), codecs: transfer.codecs
      ).verify(directory: LocalPath(folder.path("out")))
      #expect(result.error == nil && result.matchingCount == 4, "\(result)")
      let receipt = String(decoding: try #require(folder.read("receipt-\(run)")), as: UTF8.self)
      #expect(receipt.contains(#"{"path":"t/a (1).txt","sent_as":"t/a.txt","kind":"file""#), "\(receipt)")
      #expect(receipt.contains(#"{"path":"t/d (1)","sent_as":"t/d","kind":"directory""#), "\(receipt)")
      let sums = String(decoding: try #require(folder.read("sums-\(run)")), as: UTF8.self)
      #expect(sums.split(separator: "\n").map { $0.dropFirst(66) } == ["t/a (1).txt", "t/d (1)/b"])
    }
  }

  // MARK: Directories

  /// What has the name of a directory.
  enum Obstacle: CaseIterable {
    case file, link, pipe

    func make(at path: String) throws {
      switch self {
      case .file: try Data([9]).write(to: URL(fileURLWithPath: path))
      case .link: #expect(symlink("elsewhere", path) == 0)
      case .pipe: #expect(mkfifo(path, 0o600) == 0)
      }
    }

    func isStill(at path: String) -> Bool {
      var status = stat()
      guard lstat(path, &status) == 0 else { return false }
      return switch (self, status.st_mode & S_IFMT) {
      case (.file, S_IFREG), (.link, S_IFLNK), (.pipe, S_IFIFO): true
      default: false
      }
    }
  }

  @Test(
    "A directory onto something else follows the policy, with what is below", arguments: ConflictPolicy.allCases,
    TransferProtocol.allCases)
  func directoryOntoSomething(policy: ConflictPolicy, transferProtocol: TransferProtocol) async throws {
    for obstacle in Obstacle.allCases {
      let folder = try TemporaryDirectory()
      try folder.write([1], to: "t/d.x/sub/one")
      try folder.write([2], to: "t/d.x/two")
      try folder.write([3], to: "t/three")
      try folder.makeDirectory("out/t")
      try folder.makeDirectory("out/elsewhere")
      try obstacle.make(at: folder.path("out/t/d.x"))
      var transfer = InMemoryTransfer(transferProtocol)
      transfer.receiveOptions.conflictPolicy = policy
      for _ in 0..<2 {
        let results = try await transfer.run([folder.path("t")], into: folder.path("out"))
        let isKept = obstacle.isStill(at: folder.path("out/t/d.x"))
        #expect(isKept == (policy != .overwrite))
        let directory = policy == .rename ? "d.x (1)" : "d.x"
        let hasArrived = policy == .rename || policy == .overwrite
        #expect(folder.read("out/t/\(directory)/sub/one") == (hasArrived ? [1] : nil))
        #expect(folder.read("out/t/\(directory)/two") == (hasArrived ? [2] : nil))
        #expect(folder.read("out/t/three") == [3])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out/elsewhere")).isEmpty)
        #expect(
          try FileManager.default.contentsOfDirectory(atPath: folder.path("out/t")).count == (policy == .rename ? 3 : 2)
        )
        if policy == .fail {
          #expect(results.received.errorCode == (obstacle == .link ? .unsafePath : .destinationExists))
        } else {
          #expect(try results.received.get().failureCount == 0)
          _ = try results.sent.get()
        }
        if policy == .skip { #expect(try results.received.get().skippedFileCount > 0) }
        // Protocol 1 compares nothing without --resume: that is a conflict of its own.
        guard transferProtocol == .two else { break }
      }
    }
  }
}
