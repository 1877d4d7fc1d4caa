import P2PCopyWire

/// How many connections a transfer uses at the same time. Several are quicker where the way is long: each has only so many
/// bytes under way.
public enum ConnectionCount: Hashable, Sendable {
  /// One, and more as long as that makes the transfer quicker.
  case automatic
  /// So many, from 1 to ``maximum``.
  case exactly(Int)

  /// The most connections of a transfer.
  public static let maximum = Protocol2Suite.maximumLaneCount

  /// How many there may be.
  package var maximumCount: Int {
    switch self {
    case .automatic: Self.maximum
    case .exactly(let count): max(1, min(count, Self.maximum))
    }
  }
}
