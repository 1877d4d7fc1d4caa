package import P2PCopyCore
package import P2PCopyPlatform
import Synchronization

/// What one transfer may do with names that are taken, and what it has put in place itself: shared by all its tasks and
/// sessions.
///
/// A file system may take two names for one: those that differ in case on FAT, or in how an accent is encoded. So what has
/// a name when an entry is planned may be something that came a moment before in the same transfer. That is never
/// replaced, and never counts as what the user had.
package final class TakenNames: Sendable {
  /// How many names have their next number remembered.
  private static let maximumRememberedCount = 4096

  /// The output directory. Safe to pass to tasks, since it is used under the lock alone.
  fileprivate struct Output: @unchecked Sendable {
    let directory: OutputDirectory
  }

  fileprivate struct State {
    let output: Output?
    /// What was put in place, by device and inode.
    var identities: Set<FileStatus.Identity> = []
    /// The same by path, as the least particular file system reads it: file systems like FAT may give each spelling of a
    /// name an inode number of its own.
    var names = PlacedNames()
    var nextNumbers: [[UInt8]: Int] = [:]
  }

  /// What to do when a name is taken.
  package let policy: ConflictPolicy

  /// Whether somebody wants to know the modes and times of what is in place.
  package let recordsMetadata: Bool

  /// Whether a journal wants to know what is in place.
  package let recordsStatus: Bool

  private let state: Mutex<State>

  /// Begins a transfer that has placed nothing.
  ///
  /// - Parameters:
  ///   - policy: What to do when a name is taken.
  ///   - output: The output directory, opened for nobody else; `nil` when there is none.
  ///   - recordsMetadata: Whether to look at modes and times of what is in place.
  ///   - recordsStatus: Whether to look at files that are in place for a journal.
  package init(
    _ policy: ConflictPolicy, in output: OutputDirectory? = nil, recordsMetadata: Bool = false,
    recordsStatus: Bool = false
  ) {
    self.policy = policy
    state = Mutex(State(output: output.map(Output.init)))
    self.recordsMetadata = recordsMetadata
    self.recordsStatus = recordsStatus
  }

  /// Whether something that is there was put there by this transfer. Under policies that neither replace nor leave out
  /// nobody needs to know, and nothing is remembered.
  ///
  /// - Parameters:
  ///   - status: What is there.
  ///   - path: The name it was found by.
  /// - Returns: Whether it is this transfer's own.
  package func hasPlaced(_ status: FileStatus, at path: RelativePath) -> Bool {
    state.withLock { $0.hasPlaced(status, at: path) }
  }

  /// Puts something in place while no other session of this transfer does.
  ///
  /// - Parameters:
  ///   - status: What is put in place; `nil` for a directory, which anything else may come into.
  ///   - path: Where.
  ///   - body: Does it; gets a way to tell whether something that has the path is this transfer's own.
  /// - Returns: What `body` returns.
  /// - Throws: ``SystemError``, from `body`.
  package func put<Result>(
    _ status: FileStatus?, at path: RelativePath,
    _ body: ((FileStatus) -> Bool) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    guard policy == .overwrite || policy == .skip else { return try body { _ in false } }
    return try state.withLock { (state) throws(SystemError) in
      let result = try body { state.hasPlaced($0, at: path) }
      if let status {
        state.identities.insert(status.identity)
        state.names.insert(path)
      }
      return result
    }
  }

  /// The number from which a free name is to be looked for: 0 for the name itself, more when earlier ones were found to be
  /// taken.
  package func nextNumber(for path: RelativePath) -> Int {
    state.withLock { $0.nextNumbers[path.bytes] ?? 0 }
  }

  /// All numbers below one are taken.
  func setNextNumber(_ number: Int, for path: RelativePath) {
    state.withLock { state in
      if state.nextNumbers.count >= Self.maximumRememberedCount { state.nextNumbers.removeAll(keepingCapacity: true) }
      state.nextNumbers[path.bytes] = number
    }
  }
}

extension TakenNames.State {
  fileprivate mutating func hasPlaced(
    _ status: FileStatus, at path: RelativePath
  ) -> Bool {
    if identities.contains(status.identity) { return true }
    guard let output = output?.directory else { return false }
    return names.contains(path, in: output)
  }
}
