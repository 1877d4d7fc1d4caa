public import P2PCopyCore
public import P2PCopyFiles

/// What a transfer came to.
public struct TransferSummary: Sendable {
  /// Files now complete at the receiver, as far as this side knows: transferred or there before.
  public var completeFileCount = 0

  /// Of those, the ones that were there before and needed no byte.
  public var unchangedFileCount = 0

  /// Files left alone because something of that name exists (`--on-conflict skip`).
  public var skippedFileCount = 0

  /// Files, directories and links that got another name, since their own was taken (`--on-conflict rename`).
  public var renamedCount = 0

  /// Bytes of file content that travelled and that the receiver has; at a sender of protocol 1, that were handed over. With
  /// what was void since a file changed meanwhile and came once more.
  public var transferredByteCount: Int64 = 0

  /// Bytes of file content that were there before.
  public var resumedByteCount: Int64 = 0

  /// From the first message to the peer until the end.
  public var duration: Duration = .zero

  /// Directories in place that were not there before (protocol 2).
  public var directoryCount = 0

  /// Symbolic links in place that were not there before (protocol 2).
  public var linkCount = 0

  /// The most ``notices`` that are kept.
  public static let maximumNoticeCount = 1000

  /// The most ``failures`` that are kept.
  public static let maximumFailureCount = 1000

  /// What was left out on purpose, or sent once more since it had changed, one line each; the first ``maximumNoticeCount``.
  public var notices: [String] = []

  /// What failed; the first ``maximumFailureCount``.
  public var failures: [EntryFailure] = []

  /// How much failed in all.
  public var failureCount = 0

  /// Entries that are in place at the receiver, though its file system refused their mode or time.
  public var metadataRefusalCount = 0

  /// What stands for those failures that the other side counted and did not name; they are not among ``failures``.
  public internal(set) var unnamedFailure: P2PCopyError?

  /// Whether failures that are not kept have another code than the first.
  var hasOtherFailureCodes = false

  /// How many events the listener did not get, since it fell behind: see ``TransferEvents``.
  public internal(set) var lostEventCount = 0

  /// An empty summary.
  public init() {}

  /// Keeps a notice, unless there are very many.
  mutating func keep(notice text: String) {
    if notices.count < Self.maximumNoticeCount { notices.append(text) }
  }

  /// The error that stands for all ``failures``: theirs when they share one code, otherwise
  /// ``P2PCopyError/Code/incomplete``; `nil` when there are none.
  public var error: P2PCopyError? {
    guard let first = failures.first?.error ?? unnamedFailure else { return nil }
    guard failureCount > 1, !failures.isEmpty else { return first }
    let all = failures.map(\.error) + (unnamedFailure.map { [$0] } ?? [])
    let isSameCode = !hasOtherFailureCodes && all.allSatisfy { $0.code == first.code }
    return P2PCopyError(
      isSameCode ? first.code : .incomplete, "\(failureCount) entries failed, the first: \(first.message)",
      remedy: first.remedy, scope: .entry, cause: first.cause)
  }

  /// What is left to say when nothing failed: some metadata were refused; `nil` when none were.
  var metadataError: P2PCopyError? {
    guard metadataRefusalCount > 0 else { return nil }
    let entries = metadataRefusalCount == 1 ? "1 entry" : "\(metadataRefusalCount) entries"
    return P2PCopyError(
      .metadataRefused,
      "all content is in place, but the receiver's file system refused mode or time of \(entries)",
      remedy: .leaveMetadata, scope: .entry)
  }
}
