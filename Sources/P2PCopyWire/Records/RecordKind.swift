/// What the body of a record is: its first byte.
package enum RecordKind: UInt8, Sendable {
  /// A ``SessionMessage`` in JSON.
  case control = 0
  /// A ``ManifestPage``.
  case page = 1
  /// A ``PageAnswer`` to a page.
  case answer = 2
  /// ``PageChecks``: digests of files that the receiver may have already.
  case checks = 3
  /// A ``PageAnswer`` to the checks.
  case verdict = 4
  /// A piece of one file.
  case chunk = 5
  /// Several small files.
  case pack = 6
  /// A ``FileEnd``.
  case fileEnd = 7
  /// A ``EntryFailureNotice`` from the sender.
  case fileFailed = 8
  /// The sender has sent everything of a page.
  case pageEnd = 9
  /// A ``PageReceipt``.
  case pageReceipt = 10
  /// A ``ReceivedCount``, from either side.
  case received = 11
  /// A ``LaneCount``, from the sender.
  case lanes = 12
  /// A ``FileAgain``, from the sender.
  case fileAgain = 13
  /// A ``LaneLoss``, from either side.
  case laneLost = 14
  /// A ``ChunkDigests``, from the receiver.
  case chunkDigests = 15
}
