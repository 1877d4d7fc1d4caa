package import P2PCopyCore
import P2PCopyPlatform

/// Finds out where the entries of a transfer go when something that is no directory has the name of one of theirs: the
/// conflict policy decides about that, and what is below follows.
///
/// Used by one task or session alone.
package final class DestinationTree {
  /// How many directories with another name are remembered; the others are found again.
  private static let maximumRememberedCount = 1024

  package let output: OutputDirectory
  package let takenNames: TakenNames
  private let didRename: (RelativePath, RelativePath) -> Void
  /// Directories that have another name here, by their paths before.
  private var renamed: [[UInt8]: RelativePath] = [:]

  /// Plans for an output directory.
  ///
  /// - Parameters:
  ///   - output: The directory.
  ///   - takenNames: What to do with what is in the way.
  ///   - didRename: Is told of a directory that gets another path.
  package init(
    output: OutputDirectory, takenNames: TakenNames, didRename: @escaping (RelativePath, RelativePath) -> Void
  ) {
    self.output = output
    self.takenNames = takenNames
    self.didRename = didRename
  }

  /// Where a file or link goes.
  ///
  /// - Parameters:
  ///   - path: Its path in the transfer.
  ///   - creating: Whether to make missing directories.
  /// - Returns: Its path here and the directory it belongs in, `nil` when that is missing and not to be made; or `nil` for
  ///   both: it is left out with the directory it is in.
  /// - Throws: ``P2PCopyError`` as ``OutputDirectory/directory(of:creating:)`` does.
  package func place(
    of path: RelativePath, creating: Bool
  ) throws(P2PCopyError) -> (path: RelativePath, directory: DirectoryHandle?)? {
    try resolve(path, isDirectory: false, mode: nil, didReplace: { _ in }) { (path) throws(P2PCopyError) in
      try output.directory(of: path, creating: creating)
    }
  }

  /// Makes a directory, or enters the one that is there.
  ///
  /// - Parameters:
  ///   - path: Its path in the transfer.
  ///   - mode: As for ``OutputDirectory/makeDirectory(_:mode:)``.
  /// - Returns: Its path here and where it comes from; `nil` when it is left out.
  /// - Throws: ``P2PCopyError`` as ``OutputDirectory/makeDirectory(_:mode:)`` does.
  package func makeDirectory(
    _ path: RelativePath, mode: UInt16?
  ) throws(P2PCopyError) -> (path: RelativePath, origin: DirectoryOrigin)? {
    var replaced: RelativePath?
    let made = try resolve(path, isDirectory: true, mode: mode, didReplace: { replaced = $0 }) {
      (path) throws(P2PCopyError) in try output.makeDirectory(path, mode: mode)
    }
    guard let (path, origin) = made else { return nil }
    return (path, path == replaced ? .made : origin)
  }

  /// Tries something until nothing is in its way any more.
  private func resolve<Result>(
    _ path: RelativePath, isDirectory: Bool, mode: UInt16?, didReplace: (RelativePath) -> Void,
    _ attempt: (RelativePath) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> (path: RelativePath, Result)? {
    // Every turn takes one thing out of the way. Somebody who puts others there all the time ends it, too.
    var attempts = 2 * RelativePath.maximumDepth
    while true {
      let current = try follow(path, isDirectory: isDirectory)
      do throws(P2PCopyError) {
        return (current, try attempt(current))
      } catch {
        guard error.code == .destinationExists || error.code == .unsafePath, attempts > 0,
          let obstacle = try output.obstacle(on: current, isDirectory: isDirectory)
        else { throw error }
        attempts -= 1
        guard !takenNames.hasPlaced(obstacle.status, at: obstacle.path) else { throw .sameName(obstacle.path) }
        switch takenNames.policy {
        case .fail: throw error
        case .skip: return nil
        case .overwrite:
          // The mode is that of the entry, not of what is on the way to it.
          try replace(obstacle, obstacle.path == current ? mode : nil)
          didReplace(obstacle.path)
        case .rename: try goBeside(obstacle)
        }
      }
    }
  }

  /// The path with the other names that directories have here.
  private func follow(_ path: RelativePath, isDirectory: Bool) throws(P2PCopyError) -> RelativePath {
    guard !renamed.isEmpty else { return path }
    let components = path.components
    var bytes: [UInt8] = []
    for (index, component) in components.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "/")) }
      bytes += component
      if index < components.count - 1 || isDirectory, let other = renamed[bytes] { bytes = other.bytes }
    }
    return try RelativePath(validating: bytes)
  }

  /// Puts a directory in the place of something that is none. The directory is made first, so that nothing is lost when it
  /// cannot be made.
  private func replace(_ obstacle: OutputDirectory.Obstacle, _ mode: UInt16?) throws(P2PCopyError) {
    let directory = obstacle.directory
    let name = obstacle.path.name
    let temporaryName = PartialFile.name(for: name)
    do throws(SystemError) {
      try directory.makeDirectory(temporaryName, mode: mode.map { mode_t($0 & 0o777 | 0o700) } ?? 0o777)
      do throws(SystemError) {
        try takenNames.put(nil, at: obstacle.path) { (isPlaced) throws(SystemError) in
          guard let existing = try directory.status(of: name), existing.isSame(as: obstacle.status), !isPlaced(existing)
          else { throw SystemError(number: EEXIST) }
          try directory.remove(name)
          try directory.renameWithoutReplacing(temporaryName, to: name)
        }
      } catch {
        directory.removeEmptyDirectory(temporaryName)
        throw error
      }
    } catch {
      throw P2PCopyError(
        .destinationUnwritable, "cannot put a directory in the place of '\(obstacle.path)': \(error)",
        remedy: error.writingRemedy, scope: error.writingScope, cause: error)
    }
  }

  /// Lets what belongs into a directory go into another one, `name (1)` or the next number that is free or a directory.
  private func goBeside(_ obstacle: OutputDirectory.Obstacle) throws(P2PCopyError) {
    for number in 1...NumberedName.maximumNumber {
      let other = obstacle.path.renamed(NumberedName.make(obstacle.path.name, number, isDirectory: true))
      let status = try obstacle.directory.status(of: other)
      guard status == nil || status?.kind == .directory else { continue }
      if renamed.count >= Self.maximumRememberedCount { renamed.removeAll(keepingCapacity: true) }
      renamed[obstacle.path.bytes] = other
      didRename(obstacle.path, other)
      return
    }
    throw .destinationExists(obstacle.path)
  }
}

extension OutputDirectory {
  /// Something that is no directory where one is needed.
  package struct Obstacle {
    /// Its path.
    package var path: RelativePath
    /// The directory it is in.
    package var directory: DirectoryHandle
    package var status: FileStatus
  }

  /// The first thing on the way to an entry that is no directory.
  ///
  /// - Parameters:
  ///   - path: The entry.
  ///   - isDirectory: Whether the entry itself is to be a directory as well.
  /// - Returns: It; `nil` when nothing is in the way.
  /// - Throws: ``P2PCopyError``.
  package func obstacle(on path: RelativePath, isDirectory: Bool) throws(P2PCopyError) -> Obstacle? {
    let bytes = path.bytes
    var ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }
    if isDirectory { ends.append(bytes.count) }
    for end in ends {
      let path = try RelativePath(validating: Array(bytes[..<end]))
      guard let parent = try directory(of: path, creating: false) else { return nil }
      guard let status = try parent.status(of: path) else { return nil }
      if status.kind != .directory { return Obstacle(path: path, directory: parent, status: status) }
    }
    return nil
  }
}

extension DirectoryHandle {
  /// Makes a directory.
  fileprivate func makeDirectory(_ name: [UInt8], mode: mode_t) throws(SystemError) {
    let make = { name.withCString { mkdirat(self.descriptor.number, $0, mode) } }
    if make() == 0 { return }
    let error = SystemError.last
    guard error.number == EEXIST else { throw error }
    // One that an earlier transfer left, if it is empty.
    removeEmptyDirectory(name)
    guard make() == 0 else { throw .last }
  }

  /// Removes a directory that is empty. Does nothing when it is not.
  fileprivate func removeEmptyDirectory(_ name: [UInt8]) {
    name.withCString { _ = unlinkat(descriptor.number, $0, AT_REMOVEDIR) }
  }
}
