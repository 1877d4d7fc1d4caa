public import P2PCopyCore

/// One file, directory or link that was not transferred, and why.
public struct EntryFailure: Sendable {
  /// Its name in the transfer, escaped so that it is safe to show.
  public var path: String

  /// Why.
  public var error: P2PCopyError

  /// Creates a failure.
  public init(path: String, error: P2PCopyError) {
    self.path = path
    self.error = error
  }
}
