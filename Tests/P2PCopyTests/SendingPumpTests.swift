import Foundation
import NIOCore
import P2PCopy
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire
import TestSupport
import Testing
import XXH128

/// What the sender does while its workers are busy with something that takes long.
@Suite("The sender's pump")
struct SendingPumpTests {
  /// A transfer whose receiver the test plays.
  private func send(
    _ source: any Source, over transfer: QuickTransfer = QuickTransfer(),
    _ receiver: (RecordPeer) async throws -> Void
  ) async throws -> Result<TransferSummary, any Error> {
    let sender = try Sender(
      relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs, options: transfer.sendOptions)
    async let sent = transfer.watched { await result { try await sender.send(from: source) } }
    let peer = try await RecordPeer.meet(as: .receiver, at: transfer.relay)
    try await peer.negotiateAsReceiver()
    try await receiver(peer)
    await peer.finish()
    return await sent
  }

  private static let later = [UInt8]("later".utf8)

  private static func sendReceipt(
    of entries: [TestDelivery], first: UInt64, over peer: RecordPeer
  ) async throws {
    let treeDigest = TestDelivery.totals(of: entries).treeDigest
    try await peer.send { PageReceipt(firstIndex: first, treeDigest: treeDigest, failures: []).write(to: &$0) }
  }

  @Test("While a file that may be there already is digested, the next page is announced")
  func digestsBesideEverythingElse() async throws {
    let content = TestContent.random(100_000, seed: 1)
    let source = try GatedSource([("same", content), ("later", Self.later)], gating: "same")
    let sent = try await send(source) { peer in
      try await peer.awaitRecord(.page)
      try await peer.answer([(0, .check)])
      // The digest of the first page's file cannot be done yet.
      try await peer.awaitRecord(.page)
      source.open()
      try await peer.awaitRecord(.checks)
      try await peer.answer([(0, .unchanged)], as: .verdict)
      try await peer.answer([], first: 1)
      try await peer.awaitRecord(.pageEnd)
      try await Self.sendReceipt(of: [.file("same", content)], first: 0, over: peer)
      try await peer.awaitRecord(.pageEnd)
      let all: [TestDelivery] = [.file("same", content), .file("later", Self.later)]
      try await Self.sendReceipt(of: all, first: 1, over: peer)
      try await peer.awaitEnd()
      try await peer.sendReceipt(all)
    }
    #expect(try sent.get().unchangedFileCount == 1)
  }

  @Test("What the receiver has nothing of comes while it reads what it has, then what differs")
  func comparesPrefixesBesideEverythingElse() async throws {
    let content = TestContent.random(5 << 20, seed: 2)
    let source = try MemorySource(
      [
        (RelativePath(validating: Array("partial".utf8)), content),
        (RelativePath(validating: Array("later".utf8)), Self.later),
      ], metadata: EntryMetadata(mode: 0o644, modificationSeconds: 1, modificationNanoseconds: 0))
    var digests = TestDigests.chunks(of: content).map(TestDigests.chunk)
    digests[1][0] ^= 1
    let sent = try await send(source) { peer in
      func offsetOfNextChunk() async throws -> UInt64 {
        var body = ByteBuffer(bytes: try await peer.receive(kind: .chunk))
        return try BulkHeader(readingFrom: &body, limit: 1 << 20).offset
      }
      try await peer.awaitRecord(.page)
      try await peer.answer([(0, .continues(at: 3 << 20))])
      #expect(try await offsetOfNextChunk() == 3 << 20)
      #expect(try await offsetOfNextChunk() == 4 << 20)
      try await peer.send(chunkDigests: [digests[0]], of: 0)
      try await peer.send(chunkDigests: Array(digests[1..<3]), of: 0, from: 1)
      #expect(try await offsetOfNextChunk() == 1 << 20)
      var end = ByteBuffer(bytes: try await peer.receive(kind: .fileEnd).dropFirst())
      #expect(try FileEnd(readingFrom: &end).digest == TestDigests.xxh128(content))
      try await peer.awaitRecord(.pageEnd)
      let all: [TestDelivery] = [.file("partial", content), .file("later", Self.later)]
      try await Self.sendReceipt(of: all, first: 0, over: peer)
      try await peer.awaitEnd()
      try await peer.sendReceipt(all)
    }
    #expect(try sent.get().transferredByteCount == (3 << 20) + 5)
    #expect(try sent.get().resumedByteCount == 2 << 20)
  }

  @Test("A chunk is prepared again from its description, and the digest of the file does not notice")
  func preparesAgain() async throws {
    let content = TestContent.random(2_500_000, seed: 3)
    let name = try RelativePath(validating: Array("file".utf8))
    let source = try MemorySource(
      [(name, content)],
      metadata: EntryMetadata(mode: 0o644, modificationSeconds: 1, modificationNanoseconds: 0))
    let monitor = TransferMonitor(reportsEachFile: false)
    let failures = EntryFailures(monitor)
    let settings = SendSettings(
      source: source, buffers: MessageBufferPool(), chunkByteCount: 1 << 20, compressionMode: .off, compressor: nil,
      digests: DigestContexts(XXH128Digest(), chunkByteCount: 1 << 20), keepsMetadata: true, resumes: true,
      monitor: monitor, failures: failures)
    var pages = SourcePages(try source.entries(from: 0), monitor, failures)
    let next = pages.next()
    let page = try #require(next)
    guard case .file(let file) = try await FilePreparation(settings).open(0, of: page, nil) else {
      Issue.record("the file was not opened")
      return
    }
    let preparation = UnitPreparation(settings)
    func bytes(_ number: Int) async throws -> [UInt8] {
      let offset = Int64(number) << 20
      let byteCount = min(1 << 20, content.count - Int(offset))
      let chunk = Unit.Chunk(file: file, number: number, offset: offset, byteCount: byteCount, isLast: number == 2)
      guard case .chunk(let record?, _) = try await preparation.prepare(.chunk(chunk)) else { return [] }
      return Array(record.take().readableBytesView.dropFirst(RecordHeader.byteCount + BulkHeader.byteCount))
    }
    let first = try await bytes(0)
    let second = try await bytes(1)
    // Lost, and read again before the rest and after it.
    #expect(try await bytes(0) == first)
    let last = try await bytes(2)
    #expect(try await bytes(1) == second)
    #expect(try await bytes(2) == last)
    #expect(first + second + last == content)
    #expect(file.error == nil)
    #expect(file.digest == TestDigests.xxh128(content))
  }

  @Test("A list of entries begins where it is asked to, under the same indices")
  func listsFromAnIndex() throws {
    let folder = try TemporaryDirectory()
    for index in 0..<30 { try folder.write([UInt8(index)], to: "tree/\(index % 3)/\(index)") }
    let source = try FileSource([LocalPath(folder.path("tree"))])
    func paths(from index: UInt64) throws -> [String] {
      let cursor = try source.entries(from: index)
      var paths: [String] = []
      while let element = cursor.next() {
        if case .entry(let entry) = element { paths.append(entry.path.description) }
      }
      return paths
    }
    let all = try paths(from: 0)
    #expect(all.count == 34)
    #expect(try paths(from: 17) == Array(all[17...]))
    #expect(try paths(from: 34) == [])
  }

  @Test("Content in memory arrives as a file")
  func sendsMemory() async throws {
    let folder = try TemporaryDirectory()
    let transfer = QuickTransfer()
    let content = TestContent.random(3_000_000, seed: 4)
    let sender = try Sender(
      relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs, options: transfer.sendOptions)
    async let received = transfer.receive(into: folder.path("out"))
    let sent = try await sender.send(content, named: Array("dir/file".utf8), permissions: 0o640)
    #expect(sent.completeFileCount == 1)
    #expect(try await received.get().completeFileCount == 1)
    #expect(folder.read("out/dir/file") == content)
  }
}
