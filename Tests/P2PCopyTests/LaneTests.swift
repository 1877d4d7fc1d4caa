import P2PCopy
import P2PCopyWire
import TestSupport
import Testing

/// Sessions over several connections.
@Suite("Several connections")
struct LaneTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func makeTree() throws {
    try folder.write(TestContent.random(30 << 20, seed: 1), to: "tree/large")
    for number in 0..<200 {
      try folder.write(TestContent.random(3000, seed: UInt64(number)), to: "tree/small/\(number)")
    }
  }

  @Test("A tree comes over all of them as it is", arguments: [2, 8])
  func tree(count: Int) async throws {
    try makeTree()
    var transfer = QuickTransfer()
    transfer.sendOptions.connections = .exactly(count)
    let summaries = try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    #expect(summaries.received.completeFileCount == 201)
    #expect(try folder.tree("out/tree") == folder.tree("tree"))
    #expect(transfer.tap.endpoints.count > 2)
    #expect(transfer.tap.endpoints.count <= 2 * count)
  }

  @Test("The smaller number of both sides is used")
  func smaller() async throws {
    try makeTree()
    var transfer = QuickTransfer()
    transfer.sendOptions.connections = .exactly(8)
    transfer.receiveOptions.connections = .exactly(1)
    try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    #expect(transfer.tap.endpoints.count == 2)
  }

  @Test("A relay cannot tell which lanes belong together: each meets by an id of its own, none by the code's")
  func unlinkable() async throws {
    try makeTree()
    var transfer = QuickTransfer()
    transfer.sendOptions.connections = .exactly(4)
    try await transfer.succeed([folder.path("tree")], into: folder.path("out"))
    var counts: [String: Int] = [:]
    for case .text(let text) in transfer.tap.sent where text.contains("code_hash_hex") {
      let hello = try RendezvousMessage(decoding: text)
      guard case .hello(let identifier, _, _) = hello else { continue }
      counts[identifier, default: 0] += 1
    }
    // Both sides say one id, and no two lanes the same.
    #expect(counts.count >= 2)
    #expect(counts.values.allSatisfy { $0 <= 2 }, "\(counts)")
  }
}
