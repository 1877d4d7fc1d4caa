/// What to send and what to leave out: rules in order, of which the first that matches decides. What no rule matches is
/// sent.
public struct FilterRules: Sendable {
  /// The rules, in order.
  public let rules: [FilterRule]

  private let patterns: [FilterPattern]

  /// Whether there is no rule, so that everything is sent.
  public var isEmpty: Bool { rules.isEmpty }

  /// Prepares rules.
  public init(_ rules: [FilterRule] = []) {
    self.rules = rules
    patterns = rules.map { FilterPattern($0.pattern) }
  }

  /// Whether the rules let something through. They say nothing about the directories it is in: whoever walks a tree does
  /// not enter a directory that is left out.
  ///
  /// - Parameters:
  ///   - path: The path as it arrives, without a leading `/`.
  ///   - isDirectory: Whether it is a directory.
  /// - Returns: Whether it is sent. The time this takes grows with the length of the path and of the patterns, and never
  ///   faster than their product.
  public func allows(_ path: [UInt8], isDirectory: Bool) -> Bool {
    for index in patterns.indices where patterns[index].matches(path, isDirectory: isDirectory) {
      return rules[index].action == .include
    }
    return true
  }
}
