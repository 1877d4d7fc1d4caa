/// How much a relay has to do at a moment.
package struct RelayCounts: Hashable, Sendable {
  /// Nobody there.
  package static let none = RelayCounts(connections: 0, waiting: 0, pairs: 0)

  /// Open connections, those on their way in or out included.
  package var connections: Int

  /// Peers that wait for another.
  package var waiting: Int

  /// Pairs in progress.
  package var pairs: Int

  package init(connections: Int, waiting: Int, pairs: Int) {
    self.connections = connections
    self.waiting = waiting
    self.pairs = pairs
  }
}
