public import P2PCopyCore

extension ReceiptVerification {
  /// One thing that is not as the receipt says.
  public struct Problem: Sendable, Hashable {
    /// What is wrong. More cases may come: have a `default`.
    public enum What: String, Sendable, Hashable {
      case missing
      case wrongKind = "wrong-kind"
      case size
      case digest
      case linkTarget = "link-target"
      case unreadable
    }

    /// The entry's path.
    public var path: EntryPath
    /// What is wrong with it.
    public var what: What
    /// The same for a person, behind the path: `'a/b': is missing`. Safe to show.
    public var detail: String
  }

  /// What a check came to.
  public struct Result: Sendable {
    /// Entries that are as the receipt says.
    public internal(set) var matchingCount = 0
    /// Entries that are not.
    public internal(set) var problemCount = 0
    /// The first of those, at most ``ReceiptVerification/maximumProblemCount``.
    public internal(set) var problems: [Problem] = []
    /// Files, directories and symbolic links that the receipt lists.
    public let fileCount: Int
    /// How many of the files counted as complete by size and time in the transfer, so that the receipt has no digest of
    /// them: of these only the size was compared.
    public let knownByTimesCount: Int
    /// See ``fileCount``.
    public let directoryCount: Int
    /// See ``fileCount``.
    public let linkCount: Int
    /// Bytes of content of the files.
    public let byteCount: Int64
    /// The digest over the whole tree, 32 bytes, computed from the receipt's entries. When everything matches it is that
    /// of the tree as well, and can be compared with the other side's.
    public let treeDigest: [UInt8]
    /// Whether the receipt's end, tree digest included, fits its entries.
    public let isReceiptConsistent: Bool
    /// Whether the receipt says that everything of the transfer arrived.
    public let isReceiptComplete: Bool
    /// How many entries failed in the transfer, as the receipt has it.
    public let failureCount: Int64

    private let receipt: String

    package init(receipt: String, content: ReceiptContent) {
      self.receipt = receipt
      fileCount = content.computed.fileCount
      knownByTimesCount = content.knownByTimesCount
      directoryCount = content.computed.directoryCount
      linkCount = content.computed.linkCount
      byteCount = content.computed.byteCount
      treeDigest = content.computed.treeDigest
      isReceiptConsistent = content.isConsistent
      isReceiptComplete = content.totals.isComplete
      failureCount = content.failureCount
    }

    /// The error that stands for the result; `nil` when the tree is as the receipt says and the receipt is complete.
    /// Its code is ``P2PCopyError/Code/checksumMismatch`` for every difference, and ``P2PCopyError/Code/incomplete`` when
    /// everything listed is there, but the receipt says that more was to come.
    public var error: P2PCopyError? {
      if problemCount > 0 {
        return P2PCopyError(
          .checksumMismatch,
          "\(problemCount) of \(problemCount + matchingCount) entries are not as the receipt '\(receipt)' says")
      }
      guard isReceiptConsistent else {
        return P2PCopyError(
          .checksumMismatch,
          "the receipt '\(receipt)' was changed or is damaged: its totals and tree digest do not fit its entries")
      }
      guard isReceiptComplete else {
        let failed = failureCount > 0 ? "\(failureCount) entries failed" : "something never arrived"
        return P2PCopyError(
          .incomplete,
          "everything in the receipt '\(receipt)' is there, but the transfer was not complete: \(failed)")
      }
      return nil
    }

    package mutating func add(_ problem: Problem?) {
      guard let problem else {
        matchingCount += 1
        return
      }
      problemCount += 1
      if problems.count < ReceiptVerification.maximumProblemCount { problems.append(problem) }
    }
  }
}
