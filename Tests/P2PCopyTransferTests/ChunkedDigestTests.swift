import P2PCopyCore
import P2PCopyTransfer
import TestSupport
import Testing

@Suite("Digests of files, over those of their chunks")
struct ChunkedDigestTests {
  /// SHA-256 by another name, so that it is not the one of checksum lists.
  private struct Inner: Digest {
    var name: CodecName { "inner@example.org" }
    var summary: String { "for tests" }
    var byteCount: Int { 32 }

    func makeContext() throws(P2PCopyError) -> any DigestContext { try TestDigest().makeContext() }
  }

  private static let chunkByteCount = 1000

  private static func expected(_ content: [UInt8]) -> [UInt8] {
    let chunks = stride(from: 0, to: content.count, by: chunkByteCount).map { offset in
      TestDigest.of(content[offset..<min(offset + chunkByteCount, content.count)])
    }
    return chunks.count > 1 ? TestDigest.of(chunks.joined()) : TestDigest.of(content)
  }

  @Test("It is the same however the content is divided", arguments: [0, 1, 999, 1000, 1001, 1999, 2000, 2001, 50_500])
  func pieces(byteCount: Int) throws {
    let content = TestContent.random(byteCount, seed: UInt64(byteCount))
    let digests = DigestContexts(Inner(), chunkByteCount: Self.chunkByteCount)
    #expect(digests.isChunked)
    for piece in [1, 7, 999, 1000, 1001, 100_000] where byteCount / piece < 2100 {
      // A context is used again, whatever it has seen before.
      for _ in 0..<2 {
        let loan = try digests.borrow()
        for offset in stride(from: 0, to: byteCount, by: piece) {
          let part = Array(content[offset..<min(offset + piece, byteCount)])
          try loan.context.update(part.span.bytes)
        }
        #expect(try loan.context.finish() == Self.expected(content), "in pieces of \(piece)")
        digests.giveBack(loan)
      }
    }
  }

  @Test("It comes out of the chunks in any order", arguments: [0, 1, 1000, 1001, 20_500])
  func chunks(byteCount: Int) throws {
    let content = TestContent.random(byteCount, seed: UInt64(byteCount))
    let digests = DigestContexts(Inner(), chunkByteCount: Self.chunkByteCount)
    let table = ChunkTable(digestByteCount: 32)
    let numbers = 0..<Int(digests.chunkCount(of: Int64(byteCount)))
    for number in numbers.sorted(by: { $0 * 7 % 23 > $1 * 7 % 23 }) {
      #expect(try digests.digest(of: table, byteCount: Int64(byteCount)) == nil)
      let chunk = Array(content[(number * 1000)..<min(number * 1000 + 1000, byteCount)])
      table.set(try digests.digest(ofChunk: chunk.span.bytes), of: Int64(number), replacing: true)
    }
    #expect(try digests.digest(of: table, byteCount: Int64(byteCount)) == Self.expected(content))
  }

  @Test("What has come counts over what was there")
  func replacing() throws {
    let table = ChunkTable(digestByteCount: 2)
    table.set([1, 1], of: 1, replacing: false)
    #expect(table.digests(2) == nil)
    table.set([2, 2], of: 0, replacing: true)
    table.set([3, 3], of: 0, replacing: false)
    table.set([4, 4], of: 1, replacing: true)
    // Of another length, or where no chunk can be.
    table.set([5], of: 0, replacing: true)
    #expect(table.digests(2) == [2, 2, 4, 4])
    #expect(table.digests(1) == [2, 2])
    #expect(table.digests(3) == nil)
  }

  @Test("That of checksum lists is over the whole file")
  func whole() throws {
    let digests = DigestContexts(TestDigest(), chunkByteCount: Self.chunkByteCount)
    #expect(!digests.isChunked)
    let content = TestContent.random(5000, seed: 1)
    let loan = try digests.borrow()
    try loan.context.update(content.span.bytes)
    #expect(try loan.context.finish() == TestDigest.of(content))
  }
}
