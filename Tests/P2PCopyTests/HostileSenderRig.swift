import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import TestSupport
import Testing

/// A receiver, a sender that the test plays, and things around the output directory that must stay as they are.
struct HostileSenderRig {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.makeDirectory("out")
    try folder.write([1, 2, 3], to: "victim")
    try folder.makeDirectory("outside")
  }

  /// What a receiver did with what the test sent it.
  struct Outcome {
    var received: Result<TransferSummary, any Error>
    /// What the receiver said about why it stopped.
    var said: P2PCopyError.Code?
  }

  /// Lets a receiver meet a sender that the test plays.
  func receive(
    _ transfer: QuickTransfer = QuickTransfer(), offering offer: SessionOffer = RecordPeer.offer,
    _ sender: @Sendable (RecordPeer) async throws -> Void
  ) async throws -> Outcome {
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let peer = try await RecordPeer.meet(as: .sender, at: transfer.relay)
    // The receiver may give up in the middle: then sending fails, and that is all right.
    _ = await result {
      try await peer.negotiate(offering: offer)
      try await sender(peer)
    }
    let said = await peer.lastWord()
    await peer.finish()
    // Nothing outside, whatever else happened.
    #expect(folder.read("victim") == [1, 2, 3])
    #expect(try folder.tree("outside").isEmpty)
    #expect(folder.read("escaped") == nil)
    return Outcome(received: await received, said: said)
  }

  func entry(_ path: String, size: Int64 = 1) -> PageEntry {
    PageEntry(path: Array(path.utf8), kind: .file(byteCount: size), metadata: nil)
  }

  func link(_ path: String, to target: String) -> PageEntry {
    PageEntry(path: Array(path.utf8), kind: .symbolicLink(target: Array(target.utf8)), metadata: nil)
  }
}
