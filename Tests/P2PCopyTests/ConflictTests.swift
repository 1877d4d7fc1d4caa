import P2PCopy
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
}
