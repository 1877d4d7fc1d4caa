import NIOCore
import P2PCopy
import P2PCopyWire

extension RecordPeer {
  // MARK: What a receiver sends

  func answer(
    _ dispositions: [(position: Int, disposition: EntryDisposition)], as kind: RecordKind = .answer, first: UInt64 = 0
  ) async throws {
    try await send { PageAnswer(firstIndex: first, dispositions: dispositions).write(as: kind, to: &$0) }
  }

  func sendReceipt(
    _ entries: [TestDelivery], extraByteCount: UInt64 = 0, failureCount: UInt64 = 0, presentDirectoryCount: UInt64 = 0
  ) async throws {
    var (totals, treeDigest) = TestDelivery.totals(of: entries)
    totals.bytes += extraByteCount
    try await send(
      .receipt(
        totals, treeDigest: treeDigest, failureCount: failureCount, presentDirectoryCount: presentDirectoryCount))
  }

  // MARK: What a sender sends

  /// Reads up to a record of a kind; what comes before is passed over.
  func receive(kind: RecordKind) async throws -> [UInt8] {
    while true {
      let body = try await receive()
      if body.first == kind.rawValue { return body }
    }
  }

  func awaitRecord(_ kind: RecordKind) async throws {
    _ = try await receive(kind: kind)
  }

  /// Reads up to the sender's end.
  func awaitEnd() async throws {
    while true {
      if case .end = try SessionMessage(decoding: try await receive(kind: .control).dropFirst()) { return }
    }
  }
}
