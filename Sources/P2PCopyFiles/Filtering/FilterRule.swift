/// One rule of what to send: a pattern, and whether what matches it goes or stays.
///
/// Patterns mean what they mean to rsync (its manual page, "PATTERN MATCHING RULES"):
/// - A leading `/` anchors the pattern at the root of the transfer, where names are as they arrive: `send results` gives
///   `results/…`. A trailing `/` makes it match directories only.
/// - `*` stands for anything but `/`, `**` for anything, `?` for one byte but `/`, `[…]` for one byte of a set, with
///   ranges, POSIX classes such as `[:digit:]`, and `!` or `^` in front for the opposite. `directory/***` matches the
///   directory and everything in it.
/// - A pattern with a `/` that is not its last byte, or with `**`, is matched against the whole path and, unless
///   anchored, may begin at any component; another against the last component only.
/// - In a pattern with `*`, `?` or `[`, a backslash takes the meaning from the byte that follows; in another it is a
///   backslash.
public struct FilterRule: Hashable, Sendable {
  /// What happens to what matches.
  public enum Action: Hashable, Sendable {
    /// It is sent.
    case include

    /// It is left out, a directory with everything in it.
    case exclude
  }

  /// What happens to what matches.
  public var action: Action

  /// The pattern, in bytes: file names are not text.
  public var pattern: [UInt8]

  /// Makes a rule.
  public init(_ action: Action, _ pattern: [UInt8]) {
    self.action = action
    self.pattern = pattern
  }

  /// Makes a rule from text.
  public init(_ action: Action, _ pattern: String) {
    self.init(action, Array(pattern.utf8))
  }
}
