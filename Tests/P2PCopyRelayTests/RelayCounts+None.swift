import P2PCopyRelay

extension RelayCounts {
  /// Nobody there.
  static let none = RelayCounts(connections: 0, waiting: 0, pairs: 0)
}
