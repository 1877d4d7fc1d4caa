import P2PCopy
import TestSupport
import Testing

@Suite("Transfers over the in-memory relay")
struct TransferTests {
  static let sizes = [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20]

  enum Mode: CaseIterable {
    case plainProtocol1, encryptedProtocol1, protocol2
  }

  @Test("Every mode carries every size", arguments: CompressionMode.allCases, Mode.allCases)
  func everyMode(compression: CompressionMode, mode: Mode) async throws {
    let folder = try TemporaryDirectory()
    for size in Self.sizes {
      try folder.write(TestContent.random(size, seed: UInt64(size)), to: "source/random/\(size)")
      try folder.write(TestContent.compressible(size), to: "source/text/\(size) with space ü")
    }
    var transfer = InMemoryTransfer(mode == .protocol2 ? .two : .one)
    transfer.sendOptions.compression = compression
    transfer.sendOptions.encrypt = mode == .encryptedProtocol1
    transfer.receiveOptions.encrypt = mode == .encryptedProtocol1
    let summaries = try await transfer.succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source") == folder.tree("source"))
    #expect(summaries.sent.completeFileCount == 12)
    #expect(summaries.received.completeFileCount == 12)
    #expect(summaries.received.transferredByteCount == Int64(2 * Self.sizes.reduce(0, +)))
  }
}
