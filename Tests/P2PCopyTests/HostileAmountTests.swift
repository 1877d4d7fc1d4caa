import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import Synchronization
import TestSupport
import Testing
import Zstd

/// A sender that knows the code and sends more than anybody has room for.
@Suite("Hostile sender of protocol 2, amounts")
struct HostileAmountTests {
  let rig: HostileSenderRig
  private var folder: TemporaryDirectory { rig.folder }

  init() throws {
    rig = try HostileSenderRig()
  }

  @Test("A bomb is stopped at what its header announces", arguments: [false, true])
  func bomb(isPage: Bool) async throws {
    let zeros = [UInt8](repeating: 0, count: 32 << 20)
    var packed = [UInt8](repeating: 0, count: ZstdCompressor().maximumCompressedByteCount(for: zeros.count))
    let context = try ZstdCompressor().makeCompressionContext()
    let count = try packed.withUnsafeMutableBytes { memory in
      var span = OutputRawSpan(buffer: memory, initializedCount: 0)
      try context.compress(zeros.span.bytes, into: &span)
      return span.finalize(for: memory)
    }
    let bomb = Array(packed[..<count])
    for announced in [1 << 10, isPage ? ManifestPage.maximumByteCount : 1 << 20] {
      let outcome = try await rig.receive { peer in
        if isPage {
          try await peer.send(bulk: .page, bomb, index: 0, announcing: announced, isCompressed: true)
          return
        }
        try await peer.send(page: [rig.entry("x", size: 32 << 20)])
        _ = try await peer.receiveAnswer()
        try await peer.send(bulk: .chunk, bomb, index: 0, announcing: announced, isCompressed: true)
      }
      #expect(outcome.received.errorCode == .corruptData)
      #expect(outcome.said == .corruptData)
      #expect(folder.read("out/x") == nil)
      #expect((folder.read("out/.x.p2p-copy-partial") ?? []).isEmpty)
    }
    // Nor may a header announce it.
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry("x", size: 32 << 20)])
      _ = try await peer.receiveAnswer()
      try await peer.send(bulk: .chunk, bomb, index: 0, announcing: 32 << 20, isCompressed: true)
    }
    #expect(outcome.received.errorCode == .protocolViolation)
  }

  @Test("Compression that was not agreed is refused")
  func compressionNotAgreed() async throws {
    var offer = RecordPeer.offer
    offer.codecs.compressors = [CodecOffer.Entry(name: .none)]
    let outcome = try await rig.receive(offering: offer) { peer in
      try await peer.send(page: [rig.entry("x")])
      _ = try await peer.receiveAnswer()
      try await peer.send(bulk: .chunk, [1, 2, 3], index: 0, announcing: 10, isCompressed: true)
    }
    #expect(outcome.received.errorCode == .protocolViolation)
  }

  @Test("Pages whose digests never come do not pile up")
  func checksWithheld() async throws {
    try folder.write([1], to: "out/x")
    let outcome = try await rig.receive { peer in
      for index in 0..<100 {
        try await peer.send(page: [rig.entry("x")], first: UInt64(index))
        #expect(try await peer.receiveAnswer().dispositions.map(\.disposition) == [.check])
        try await peer.sendPageEnd(UInt64(index))
        _ = try await peer.receivePageReceipt()
        #expect(index == 0, "page after page")
      }
    }
    #expect(outcome.received.errorCode == .protocolViolation)
    #expect(folder.read("out/x") == [1])
  }

  @Test("Tens of thousands of bad names are counted, not kept, and leave nothing behind")
  func manyBadNames() async throws {
    let pageCount = 40
    let finished = Mutex<TransferSummary?>(nil)
    let transfer = QuickTransfer()
    let receiver = try Receiver(
      relay: "memory://relay", code: QuickTransfer.code, codecs: transfer.codecs, options: transfer.receiveOptions)
    async let received = transfer.watched {
      await result {
        try await receiver.receive(into: folder.path("out")) { events in
          for await event in events {
            if case .finished(let summary) = event { finished.withLock { $0 = summary } }
          }
        }
      }
    }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    try await peer.negotiate()
    for page in 0..<pageCount {
      let first = UInt64(page * 2048)
      try await peer.send(
        page: (0..<2048).map { rig.entry("../\(first)-\($0)/\u{1B}[2J", size: .max) }, first: first)
      #expect(try await peer.receiveAnswer().dispositions.count == 2048)
      try await peer.sendPageEnd(first)
      _ = try await peer.receivePageReceipt()
    }
    try await peer.sendEnd([])
    #expect(await peer.lastWord() == nil)
    await peer.finish()
    guard case .failure(let error as P2PCopyError) = await received else {
      Issue.record("the transfer succeeded")
      return
    }
    #expect(error.code == .unsafePath)
    #expect(!error.message.contains("\u{1B}"))
    let summary = try #require(finished.withLock { $0 })
    #expect(summary.failureCount == pageCount * 2048)
    #expect(summary.failures.count == TransferSummary.maximumFailureCount)
    #expect(try folder.tree("out").isEmpty)
  }
}
