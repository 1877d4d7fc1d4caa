package import P2PCopyCore

/// Walks what a sender was told to send, an entry at a time.
package final class SourceWalk {
  /// What the walk comes to.
  package enum Element: Sendable {
    /// Something to send.
    case entry(SourceEntry)
    /// Something that is left out on purpose, one line for a person.
    case notice(String)
    /// Something that cannot be sent.
    case failure(EntryFailure)
  }

  /// Looks at the arguments.
  package init(
    _ arguments: [String], rules: FilterRules, links: LinkPolicy, list: [[UInt8]]? = nil
  ) throws(P2PCopyError) {
    throw P2PCopyError(.internalError, "the walk is not written yet")
  }

  /// What comes next, or `nil` at the end.
  package func next() -> Element? { nil }
}
