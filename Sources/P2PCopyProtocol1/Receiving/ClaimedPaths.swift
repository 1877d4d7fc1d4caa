import P2PCopyCore
import Synchronization

/// The paths that the sessions of one transfer have announced: no file may be announced twice, since two sessions would
/// then write one file.
final class ClaimedPaths: Sendable {
  private let paths = Mutex<Set<[UInt8]>>([])

  /// Claims a path.
  ///
  /// - Returns: Whether nobody had it.
  func claim(_ path: [UInt8]) -> Bool {
    paths.withLock { $0.insert(path).inserted }
  }
}
