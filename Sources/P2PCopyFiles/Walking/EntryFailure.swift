public import P2PCopyCore

/// One file, directory or link that was not transferred, and why.
public struct EntryFailure: Sendable {
  /// Its name in the transfer.
  public var path: EntryPath

  /// Why.
  public var error: P2PCopyError

  /// Creates a failure.
  public init(path: EntryPath, error: P2PCopyError) {
    self.path = path
    self.error = error
  }
}
