/// How far a transfer is.
public struct TransferProgress: Sendable, Hashable {
  /// Bytes of file content that are done: sent or written, or there from the beginning. Never more than
  /// ``totalByteCount`` as long as the files keep their sizes.
  public var byteCount: Int64 = 0

  /// Bytes of file content in the whole transfer.
  public var totalByteCount: Int64 = 0

  /// Whether the totals are final: protocol 2 sends while it still finds out what there is.
  public var isTotalKnown = true

  /// Files that are done, well or not.
  public var fileCount: Int = 0

  /// Files in the whole transfer.
  public var totalFileCount: Int = 0

  /// Bytes of file content that travelled in this run, without what was there before.
  public var transferredByteCount: Int64 = 0

  /// The file being worked on, escaped so that it is safe to show.
  public var currentPath: String = ""

  /// Nothing yet.
  public init() {}
}
