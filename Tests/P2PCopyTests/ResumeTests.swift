import P2PCopy
import Testing

@Suite("Resume")
struct ResumeTests {
  static let size = (2 << 20) + 12345
  static let content = TestContent.random(size, seed: 7)

  private func transfer(encrypt: Bool = false) -> InMemoryTransfer {
    var transfer = InMemoryTransfer()
    transfer.sendOptions.resume = true
    transfer.sendOptions.encrypt = encrypt
    transfer.receiveOptions.encrypt = encrypt
    return transfer
  }

  @Test("A prefix is continued", arguments: [1, 1 << 20, (1 << 20) + 5, size - 1], [false, true])
  func prefix(byteCount: Int, isPartialFile: Bool) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    let name = isPartialFile ? "out/.file.bin.p2p-copy-partial" : "out/file.bin"
    try folder.write(Array(Self.content.prefix(byteCount)), to: name)
    let summaries = try await transfer().succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
    #expect(summaries.received.transferredByteCount == Int64(Self.size - byteCount))
    #expect(summaries.sent.resumedByteCount == Int64(byteCount))
  }

  @Test("Everything there: nothing travels", arguments: [false, true])
  func complete(isPartialFile: Bool) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    try folder.write(Self.content, to: isPartialFile ? "out/.file.bin.p2p-copy-partial" : "out/file.bin")
    let summaries = try await transfer(encrypt: true).succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
    #expect(summaries.received.transferredByteCount == 0)
    #expect(summaries.sent.unchangedFileCount == 1)
    #expect(summaries.received.unchangedFileCount == 1)
  }

  @Test("A mismatch is sent whole, under the conflict policy")
  func mismatch() async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    var other = Self.content
    other[100] ^= 1
    try folder.write(other, to: "out/file.bin")

    let refused = try await transfer().run([source], into: folder.path("out"))
    #expect(refused.received.errorCode == .destinationExists)
    #expect(refused.sent.errorCode == .peerFailed)
    #expect(try folder.tree("out") == ["file.bin": other])

    var overwriting = transfer()
    overwriting.receiveOptions.conflictPolicy = .overwrite
    try await overwriting.succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
  }

  @Test("A partial file that does not fit is begun anew")
  func stalePartialFile() async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    try folder.write([UInt8](repeating: 0, count: Self.size + 10), to: "out/.file.bin.p2p-copy-partial")
    try await transfer().succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
  }

  @Test("Runs of zeros are content like any other")
  func zeros() async throws {
    let folder = try TemporaryDirectory()
    let zeros = [UInt8](repeating: 0, count: 3 << 20)
    let source = try folder.write(zeros, to: "source/zeros")
    try folder.write([UInt8](repeating: 0, count: (1 << 20) + 1), to: "out/.zeros.p2p-copy-partial")
    let summaries = try await transfer().succeed([source], into: folder.path("out"))
    #expect(folder.read("out/zeros") == zeros)
    #expect(summaries.received.transferredByteCount == (2 << 20) - 1)
  }

  @Test("Empty files arrive")
  func emptyFiles() async throws {
    let folder = try TemporaryDirectory()
    try folder.write([], to: "source/a/empty")
    try folder.write([1], to: "source/full")
    try await transfer().succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == ["a/empty": [], "full": [1]])
    let again = try await transfer().succeed([folder.path("source")], into: folder.path("out"))
    #expect(again.received.completeFileCount == 2)
  }
}
