/// Counts the open connections, all of them and those of each origin, against the limits of both.
struct ConnectionQuota {
  /// Why there is no room for one more.
  enum Excess: String, Error {
    case ofAll = "too many connections"
    case ofOrigin = "too many connections from this address"
  }

  private let limits: RelayLimits
  private var count = 0
  private var countsByOrigin: [ConnectionOrigin: Int] = [:]

  init(limits: RelayLimits) {
    self.limits = limits
  }

  /// Counts a connection that is taken in.
  mutating func add(_ origin: ConnectionOrigin) throws(Excess) {
    guard count < limits.maximumConnections else { throw .ofAll }
    let countOfOrigin = countsByOrigin[origin] ?? 0
    if let limit = limits.maximumConnectionsPerAddress, countOfOrigin >= limit { throw .ofOrigin }
    count += 1
    countsByOrigin[origin] = countOfOrigin + 1
  }

  /// Counts a connection no more.
  mutating func remove(_ origin: ConnectionOrigin) {
    count -= 1
    let left = (countsByOrigin[origin] ?? 1) - 1
    countsByOrigin[origin] = left > 0 ? left : nil
  }
}
