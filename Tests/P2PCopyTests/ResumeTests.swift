import AESGCM
import P2PCopy
import SHA256Sum
import SPAKE2
import TestSupport
import Testing
import XXH128
import Zstd

@Suite("Resume")
struct ResumeTests {
  static let size = (2 << 20) + 12345
  static let content = TestContent.random(size, seed: 7)

  /// Protocol 2 resumes without being asked.
  private func transfer(_ transferProtocol: TransferProtocol, encrypt: Bool = false) -> InMemoryTransfer {
    var transfer = InMemoryTransfer(transferProtocol)
    if transferProtocol == .one { transfer.sendOptions.resume = true }
    transfer.sendOptions.encrypt = encrypt
    transfer.receiveOptions.encrypt = encrypt
    return transfer
  }

  /// Where a prefix lies that is continued: files with a final name are left alone unless protocol 1's receiver says so.
  enum Prefix: CaseIterable {
    case fileOfProtocol1, partialFileOfProtocol1, partialFileOfProtocol2
  }

  @Test("A prefix is continued", arguments: [1, 1 << 20, (1 << 20) + 5, size - 1], Prefix.allCases)
  func prefix(byteCount: Int, prefix: Prefix) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    let name = prefix == .fileOfProtocol1 ? "out/file.bin" : "out/.file.bin.p2p-copy-partial"
    try folder.write(Array(Self.content.prefix(byteCount)), to: name)
    var transfer = transfer(prefix == .partialFileOfProtocol2 ? .two : .one)
    transfer.receiveOptions.completesFiles = prefix == .fileOfProtocol1
    let summaries = try await transfer.succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
    // Protocol 2 goes on with whole chunks.
    let resumed = prefix == .partialFileOfProtocol2 ? (byteCount >> 20) << 20 : byteCount
    #expect(summaries.received.transferredByteCount == Int64(Self.size - resumed))
    #expect(summaries.sent.resumedByteCount == Int64(resumed))
  }

  @Test(
    "Only the chunks that differ travel, and what is missing", arguments: [true, false],
    ["xxh128", "sha256"] as [CodecName])
  func damagedPrefix(isComplete: Bool, digest: CodecName) async throws {
    let folder = try TemporaryDirectory()
    let content = TestContent.random((40 << 20) + 12345, seed: 8)
    let source = try folder.write(content, to: "source/file.bin")
    var part = isComplete ? content : Array(content.prefix((35 << 20) + 77))
    for chunk in [0, 17, 34] { part[(chunk << 20) + 99] ^= 1 }
    if isComplete { part[part.count - 1] ^= 1 }
    try folder.write(part, to: "out/.file.bin.p2p-copy-partial")
    var codecs = CodecRegistry(plugins: [ZstdCompressor.self, AESGCMCipher.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    if digest == "sha256" { codecs.register(SHA256Digest()) } else { codecs.register(XXH128Digest()) }
    let summaries = try await QuickTransfer(codecs: codecs).succeed([source], into: folder.path("out"))
    #expect(folder.read("out/file.bin") == content)
    let sent = isComplete ? (3 << 20) + 12345 : (8 << 20) + 12345
    for summary in [summaries.sent, summaries.received] {
      #expect(summary.transferredByteCount == Int64(sent))
      #expect(summary.resumedByteCount == Int64(content.count - sent))
    }
  }

  @Test("The digest of a file is what docs/protocol.md says")
  func documentedDigest() throws {
    let loan = try DigestContexts(XXH128Digest(), chunkByteCount: 1 << 20).borrow()
    try loan.context.update([UInt8](repeating: 0, count: (1 << 20) + 1).span.bytes)
    #expect(Hex.encode(try loan.context.finish()) == "c24faaadb87595422c7eb4b70897be08")
  }

  @Test(
    "What is there of a file that has become shorter, or longer, is gone on with", arguments: [-1, 0, 1], [0, 500])
  func otherSize(chunks: Int, bytes: Int) async throws {
    let folder = try TemporaryDirectory()
    let content = TestContent.random((6 << 20) + 1000, seed: 9)
    let size = content.count + (chunks << 20) - bytes
    let now = Array((content + TestContent.random(1 << 20, seed: 10)).prefix(size))
    let source = try folder.write(now, to: "source/file.bin")
    try folder.write(content, to: "out/.file.bin.p2p-copy-partial")
    let summaries = try await QuickTransfer().succeed([source], into: folder.path("out"))
    #expect(folder.read("out/file.bin") == now)
    // A partial file that is longer than what comes may be anything.
    if size >= content.count { #expect(summaries.received.resumedByteCount >= 6 << 20) }
  }

  @Test("What is there is digested once at each side", arguments: [1 << 20, (1 << 20) + 5, size])
  func digestedOnce(byteCount: Int) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    try folder.write(Array(Self.content.prefix(byteCount)), to: "out/.file.bin.p2p-copy-partial")
    var codecs = CodecRegistry(plugins: [ZstdCompressor.self, AESGCMCipher.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    let digest = TallyingDigest()
    codecs.register(digest)
    try await QuickTransfer(codecs: codecs).succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
    // Besides the three chunks of 16 bytes that the digest of the file is over.
    #expect(digest.digestedByteCount == 2 * (Self.size + 3 * 16))
  }

  @Test("Everything there: nothing travels", arguments: [false, true], TransferProtocol.allCases)
  func complete(isPartialFile: Bool, transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    try folder.write(Self.content, to: isPartialFile ? "out/.file.bin.p2p-copy-partial" : "out/file.bin")
    let summaries = try await transfer(transferProtocol, encrypt: true).succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
    #expect(summaries.received.transferredByteCount == 0)
    // Protocol 2 counts a partial file that was put in place as a new one.
    let unchanged = isPartialFile && transferProtocol == .two ? 0 : 1
    #expect(summaries.sent.unchangedFileCount == unchanged)
    #expect(summaries.received.unchangedFileCount == unchanged)
    for summary in [summaries.sent, summaries.received] { #expect(summary.resumedByteCount == Int64(Self.size)) }
  }

  @Test("A mismatch is sent whole, under the conflict policy", arguments: TransferProtocol.allCases)
  func mismatch(transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    var other = Self.content
    other[100] ^= 1
    try folder.write(other, to: "out/file.bin")

    let refused = try await transfer(transferProtocol).run([source], into: folder.path("out"))
    #expect(refused.received.errorCode == .destinationExists)
    #expect(refused.sent.errorCode == .peerFailed)
    #expect(try folder.tree("out") == ["file.bin": other])

    var overwriting = transfer(transferProtocol)
    overwriting.receiveOptions.conflictPolicy = .overwrite
    try await overwriting.succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
  }

  @Test("A file that is a beginning of the sender's is a conflict like any other", arguments: TransferProtocol.allCases)
  func beginningUnderTheFinalName(transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    let beginning = Array(Self.content.prefix(1 << 20))
    try folder.write(beginning, to: "out/file.bin")
    let results = try await transfer(transferProtocol).run([source], into: folder.path("out"))
    #expect(results.received.errorCode == .destinationExists)
    #expect(results.sent.errorCode == .peerFailed)
    #expect(try folder.tree("out") == ["file.bin": beginning])
    var overwriting = transfer(transferProtocol)
    overwriting.receiveOptions.conflictPolicy = .overwrite
    let summaries = try await overwriting.succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
    #expect(summaries.received.resumedByteCount == (transferProtocol == .one ? 1 << 20 : 0))
  }

  @Test("Unless it resumes, protocol 2 sends what is there as well, under the conflict policy")
  func withoutResuming() async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    try folder.write(Self.content, to: "out/file.bin")
    var anew = transfer(.two)
    anew.sendOptions.resume = false
    #expect(try await anew.run([source], into: folder.path("out")).received.errorCode == .destinationExists)
    anew.receiveOptions.conflictPolicy = .overwrite
    let summaries = try await anew.succeed([source], into: folder.path("out"))
    #expect(summaries.received.transferredByteCount == Int64(Self.size))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
  }

  @Test("A partial file that does not fit is begun anew", arguments: TransferProtocol.allCases)
  func stalePartialFile(transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    let source = try folder.write(Self.content, to: "source/file.bin")
    try folder.write([UInt8](repeating: 0, count: Self.size + 10), to: "out/.file.bin.p2p-copy-partial")
    try await transfer(transferProtocol).succeed([source], into: folder.path("out"))
    #expect(try folder.tree("out") == ["file.bin": Self.content])
  }

  @Test("Runs of zeros are content like any other", arguments: TransferProtocol.allCases)
  func zeros(transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    let zeros = [UInt8](repeating: 0, count: 3 << 20)
    let source = try folder.write(zeros, to: "source/zeros")
    try folder.write([UInt8](repeating: 0, count: (1 << 20) + 1), to: "out/.zeros.p2p-copy-partial")
    let summaries = try await transfer(transferProtocol).succeed([source], into: folder.path("out"))
    #expect(folder.read("out/zeros") == zeros)
    #expect(summaries.received.transferredByteCount == (2 << 20) - (transferProtocol == .one ? 1 : 0))
  }

  @Test("Empty files arrive", arguments: TransferProtocol.allCases)
  func emptyFiles(transferProtocol: TransferProtocol) async throws {
    let folder = try TemporaryDirectory()
    try folder.write([], to: "source/a/empty")
    try folder.write([1], to: "source/full")
    try await transfer(transferProtocol).succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == ["a/empty": [], "full": [1]])
    let again = try await transfer(transferProtocol).succeed([folder.path("source")], into: folder.path("out"))
    #expect(again.received.completeFileCount == 2)
  }
}
