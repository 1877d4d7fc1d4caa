public import P2PCopyCore

/// What a transfer came to.
public struct TransferSummary: Sendable {
  /// Files now complete at the receiver, as far as this side knows: transferred or there before.
  public var completeFileCount = 0

  /// Of those, the ones that were there before and needed no byte.
  public var unchangedFileCount = 0

  /// Files left alone because something of that name exists (`--on-conflict skip`).
  public var skippedFileCount = 0

  /// Bytes of file content that travelled.
  public var transferredByteCount: Int64 = 0

  /// Bytes of file content that were there before.
  public var resumedByteCount: Int64 = 0

  /// From the first message to the peer until the end.
  public var duration: Duration = .zero

  /// What was left out on purpose, one line each.
  public var notices: [String] = []

  /// Files that failed.
  public var failures: [EntryFailure] = []

  /// An empty summary.
  public init() {}

  /// The error that stands for all ``failures``: theirs when they share one code, otherwise
  /// ``P2PCopyError/Code/incomplete``; `nil` when there are none.
  public var error: P2PCopyError? {
    guard let first = failures.first else { return nil }
    guard failures.count > 1 else { return first.error }
    let sameCode = failures.allSatisfy { $0.error.code == first.error.code }
    return P2PCopyError(
      sameCode ? first.error.code : .incomplete,
      "\(failures.count) files failed, the first: \(first.error.message)", cause: first.error.cause)
  }
}
