import P2PCopyCore

extension P2PCopyError {
  /// Whether a file changed while it was read. What helps is to send it again, which the sender does once by itself.
  var isSourceChange: Bool { code == .sourceUnreadable && remedy == .sendAgain }
}

/// Does something with a file, and once more if the file changed meanwhile.
///
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, the second time when it changed the first time.
func twiceIfChanged<Result>(_ body: () throws(P2PCopyError) -> Result) throws(P2PCopyError) -> Result {
  do throws(P2PCopyError) {
    return try body()
  } catch {
    guard error.isSourceChange else { throw error }
    return try body()
  }
}
