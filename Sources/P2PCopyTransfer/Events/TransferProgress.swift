public import P2PCopyCore

/// How far a transfer is.
public struct TransferProgress: Sendable, Hashable {
  /// Bytes of file content that are done: written or, at a sender of protocol 2, stored as the receiver says; and those
  /// that were there from the beginning. A sender of protocol 1 is told nothing: there, what it handed over.
  ///
  /// Once the total is known it stays below ``totalByteCount`` until the transfer has ended well, and never is more as long
  /// as the files keep their sizes.
  public var byteCount: Int64 = 0

  /// Bytes of file content in the whole transfer. At most `Int64.max`, whatever a peer announces.
  public var totalByteCount: Int64 = 0

  /// Whether the totals are final: protocol 2 sends while it still finds out what there is, and nobody knows how much
  /// standard input has.
  public var isTotalKnown = true

  /// Files that are done, well or not. At a sender of protocol 2 those whose receipt it has.
  public var fileCount: Int = 0

  /// Files in the whole transfer.
  public var totalFileCount: Int = 0

  /// Bytes of file content that travelled in this run, without what was there before; counted as ``byteCount`` is.
  public var transferredByteCount: Int64 = 0

  /// The file being worked on; `nil` before the first.
  public var currentPath: EntryPath?

  /// Nothing yet.
  public init() {}
}
