import Foundation
import P2PCopy
import TestSupport
import Testing

/// Trees with everything awkward in them arrive as they are.
@Suite("Random trees")
struct RandomTreeTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func expect(_ arrived: TreeSnapshot, _ source: TreeSnapshot, _ what: String) {
    let differences = arrived.differences(from: source)
    #expect(differences.isEmpty, "\(what): \(differences.prefix(5))")
  }

  @Test(
    "A tree arrives as it is, and a second run sends nothing again", arguments: Array(1...6), CompressionMode.allCases)
  func arrives(seed: Int, compression: CompressionMode) async throws {
    try RandomTree.make(at: folder.path("tree"), seed: UInt64(seed))
    let source = TreeSnapshot(of: folder.path("tree"))
    let fileCount = source.entries.values.count { $0.kind == "file" }
    #expect(fileCount > 3)
    #expect(source.entries.values.allSatisfy { ["file", "directory", "link"].contains($0.kind) })
    var transfer = QuickTransfer()
    transfer.sendOptions.compression = compression
    transfer.receiveOptions.keepsSetID = seed % 2 == 0
    let expected = seed % 2 == 0 ? source : source.withoutSetID

    let first = try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    expect(TreeSnapshot(of: folder.path("out/tree")), expected, "seed \(seed), first run")
    #expect(first.received.completeFileCount == fileCount)
    #expect(first.received.linkCount == source.entries.values.count { $0.kind == "link" })
    #expect(first.received.directoryCount == source.entries.values.count { $0.kind == "directory" })

    let second = try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    expect(TreeSnapshot(of: folder.path("out/tree")), expected, "seed \(seed), second run")
    for summary in [second.sent, second.received] {
      #expect(summary.transferredByteCount == 0)
      #expect(summary.unchangedFileCount == fileCount)
      #expect(summary.completeFileCount == fileCount)
    }
    // The sender's tree is as it was.
    expect(TreeSnapshot(of: folder.path("tree")), source, "seed \(seed), the source")
  }

  @Test("With links followed, what they lead to arrives in their place", arguments: [11, 12])
  func followed(seed: Int) async throws {
    try RandomTree.make(at: folder.path("tree"), seed: UInt64(seed), links: .toFiles)
    let source = TreeSnapshot(of: folder.path("tree"), followingLinks: true)
    var transfer = QuickTransfer()
    transfer.sendOptions.links = .follow
    try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    let arrived = TreeSnapshot(of: folder.path("out/tree"))
    #expect(!arrived.entries.values.contains { $0.kind == "link" })
    expect(arrived, source.withoutSetID, "seed \(seed)")
    #expect(TreeSnapshot(of: folder.path("tree")).entries.values.contains { $0.kind == "link" })
  }

  @Test("With links skipped, everything else arrives", arguments: [21, 22])
  func skipped(seed: Int) async throws {
    try RandomTree.make(at: folder.path("tree"), seed: UInt64(seed))
    var transfer = QuickTransfer()
    transfer.sendOptions.links = .skip
    try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    let source = TreeSnapshot(of: folder.path("tree"), skippingLinks: true)
    #expect(source.entries.count < TreeSnapshot(of: folder.path("tree")).entries.count)
    expect(TreeSnapshot(of: folder.path("out/tree")), source.withoutSetID, "seed \(seed)")
  }

  @Test("Without metadata only names and content count")
  func withoutMetadata() async throws {
    try RandomTree.make(at: folder.path("tree"), seed: 31)
    for isSender in [true, false] {
      var transfer = QuickTransfer()
      transfer.sendOptions.keepsMetadata = !isSender
      transfer.receiveOptions.keepsMetadata = isSender
      let out = "out \(isSender)"
      try await transfer.succeed([folder.path("tree")], into: folder.path(out))
      let source = TreeSnapshot(of: folder.path("tree"))
      let arrived = TreeSnapshot(of: folder.path(out + "/tree"))
      #expect(arrived.entries.mapValues(\.content) == source.entries.mapValues(\.content))
      #expect(arrived.entries.mapValues(\.target) == source.entries.mapValues(\.target))
      #expect(arrived.entries.mapValues(\.kind) == source.entries.mapValues(\.kind))
      // Nothing became what only the sender meant it to be.
      #expect(arrived.entries.values.allSatisfy { $0.kind == "link" || $0.mode & 0o7000 == 0 })
    }
  }
}
