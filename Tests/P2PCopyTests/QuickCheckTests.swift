import AESGCM
import Foundation
import P2PCopy
import P2PCopyPlatform
import SPAKE2
import TestSupport
import Testing
import Zstd

@Suite("Quick check")
struct QuickCheckTests {
  let folder: TemporaryDirectory
  let content = TestContent.random(300_000, seed: 3)

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(content, to: "source/large")
    try folder.write([1, 2, 3], to: "source/small")
    try folder.write([], to: "source/empty")
  }

  /// Everything but a transport and a digest.
  private static var codecs: CodecRegistry {
    var codecs = CodecRegistry(plugins: [ZstdCompressor.self, AESGCMCipher.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    return codecs
  }

  /// Runs a transfer with a digest that counts.
  private func run(
    _ change: (inout QuickTransfer) -> Void = { _ in }
  ) async throws -> (digested: Int, sent: TransferSummary, received: TransferSummary) {
    var codecs = Self.codecs
    let digest = TallyingDigest()
    codecs.register(digest)
    var transfer = QuickTransfer(codecs: codecs)
    change(&transfer)
    let summaries = try await transfer.succeed([folder.path("source")], into: folder.path("out"))
    return (digest.digestedByteCount, summaries.sent, summaries.received)
  }

  private func setTime(_ name: String, _ time: timespec) {
    let times = [time, time]
    #expect(utimensat(AT_FDCWD, folder.path(name), times, 0) == 0)
  }

  private func time(_ name: String) -> timespec {
    var status = stat()
    #expect(stat(folder.path(name), &status) == 0)
    return status.st_mtim
  }

  @Test("What an earlier transfer placed is not read again, on either side")
  func notRead() async throws {
    _ = try await run()
    let again = try await run()
    #expect(again.digested == 0)
    #expect(again.sent.unchangedFileCount == 3 && again.received.unchangedFileCount == 3)
    #expect(try folder.tree("out/source") == folder.tree("source"))
  }

  @Test("Either side may want the content compared", arguments: [true, false])
  func comparing(isSender: Bool) async throws {
    _ = try await run()
    let again = try await run { transfer in
      transfer.sendOptions.comparesContent = isSender
      transfer.receiveOptions.comparesContent = !isSender
    }
    #expect(again.digested == 2 * (content.count + 3))
    #expect(again.received.unchangedFileCount == 3)
  }

  @Test("Without a journal everything is compared")
  func withoutJournal() async throws {
    _ = try await run { $0.receiveOptions.keepsJournal = false }
    #expect(!FileManager.default.fileExists(atPath: folder.path("out/.p2p-copy-journal")))
    #expect(try await run().digested == 2 * (content.count + 3))
    // What was compared is known from now on.
    #expect(try await run().digested == 0)
  }

  @Test("A time that differs by a nanosecond, content that changed with its time put back, another file: all compared")
  func changed() async throws {
    _ = try await run()
    var later = time("source/large")
    later.tv_nsec = later.tv_nsec == 999_999_999 ? 0 : later.tv_nsec + 1
    setTime("source/large", later)
    #expect(try await run().digested == 2 * content.count)

    let before = time("out/source/small")
    try folder.write([3, 2, 1], to: "out/source/small")
    setTime("out/source/small", before)
    let changed = try await run { $0.receiveOptions.conflictPolicy = .overwrite }
    #expect(folder.read("out/source/small") == [1, 2, 3])
    #expect(changed.received.unchangedFileCount == 2)

    try FileManager.default.copyItem(atPath: folder.path("out/source/small"), toPath: folder.path("out/source/copy"))
    #expect(rename(folder.path("out/source/copy"), folder.path("out/source/small")) == 0)
    setTime("out/source/small", time("source/small"))
    #expect(try await run().digested >= 6)
  }

  @Test("Times are trusted when that is asked for")
  func trustingTimes() async throws {
    try folder.write([9, 9, 9], to: "out/source/small")
    setTime("out/source/small", time("source/small"))
    // What changed since the transfer began could be its own.
    try await Task.sleep(for: .milliseconds(1100))
    let summary = try await run { $0.receiveOptions.trustsTimes = true }
    #expect(summary.received.unchangedFileCount == 1)
    #expect(folder.read("out/source/small") == [9, 9, 9])
  }

  @Test("Receipts of both sides say so and fit the tree")
  func receipts() async throws {
    _ = try await run()
    _ = try await run { transfer in
      transfer.sendOptions.receiptFile = LocalPath(folder.path("sent.json"))
      transfer.receiveOptions.receiptFile = LocalPath(folder.path("received.json"))
    }
    for (receipt, root) in [("sent.json", folder.path), ("received.json", folder.path("out"))] {
      let text = String(decoding: try #require(folder.read(receipt)), as: UTF8.self)
      #expect(text.contains(#""digest":null,"checked":"times""#), "\(text)")
      var codecs = Self.codecs
      codecs.register(TallyingDigest())
      let result = try ReceiptVerification(receiptFile: folder.path(receipt), codecs: codecs).verify(directory: root)
      #expect(result.error == nil)
      #expect(result.knownByTimesCount == 3)
    }
  }

  @Test("What lies there is listed and removed, and nothing else")
  func inspection() async throws {
    _ = try await run()
    try folder.write([1, 2], to: "out/source/.big.p2p-copy-partial")
    #expect(symlink("source/small", folder.path("out/.l.p2p-copy-partial")) == 0)
    let inspection = OutputInspection(directory: LocalPath(folder.path("out")))
    let status = try inspection.status()
    #expect(status.partialFiles.map(\.path) == ["source/.big.p2p-copy-partial"])
    #expect(status.journal?.fileCount == 3 && status.journal?.unchangedCount == 3)
    #expect(try inspection.clean(olderThan: .seconds(3600)).count == 0)
    #expect(try inspection.clean(isDryRun: true).count == 2)
    #expect(try inspection.clean().count == 2)
    #expect(try inspection.status().partialFileCount == 0)
    #expect(try inspection.status().journal == nil)
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("out/.l.p2p-copy-partial"))
    #expect(link == "source/small")
    #expect(try folder.tree("out/source") == folder.tree("source"))
  }
}
