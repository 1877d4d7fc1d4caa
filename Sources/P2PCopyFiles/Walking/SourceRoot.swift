import P2PCopyCore
package import P2PCopyPlatform
import Synchronization

/// A directory that a sender was given, as the place from which everything found below it is opened.
package final class SourceRoot: Sendable {
  /// The path as it was given.
  package let location: [UInt8]

  /// Where in the path of something below it its own part begins.
  let startOfRest: Int

  private let identity: FileStatus.Identity
  private let followsLink: Bool
  private let openRoots: OpenSourceRoots

  init(_ argument: SourceArgument, among openRoots: OpenSourceRoots) {
    location = argument.location
    startOfRest = location.count + (location.last == UInt8(ascii: "/") ? 0 : 1)
    identity = argument.status.identity
    followsLink = argument.isFollowed
    self.openRoots = openRoots
  }

  /// The open directory.
  ///
  /// - Throws: ``SystemError``, with `ELOOP` or `ESTALE` when something else is there than what was found first.
  package func directory() throws(SystemError) -> HeldDirectory {
    try openRoots.directory(of: self)
  }

  /// Opens the directory by its path, and sees to it that it is the one that was found first.
  fileprivate func open() throws(SystemError) -> HeldDirectory {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor(
        opening: location, flags: FileDescriptor.placeFlags | (followsLink ? 0 : O_NOFOLLOW))
    } catch {
      // A link that is to be a directory is reported as no directory, as anything else is.
      throw error.number == ENOTDIR ? SystemError(number: ESTALE) : error
    }
    guard try identity.isStill(that: descriptor.number) else { throw SystemError(number: ESTALE) }
    return HeldDirectory(descriptor)
  }
}

/// The last few directories of a sender's arguments, open for all who read below them.
final class OpenSourceRoots: Sendable {
  /// Several arguments can be in one page, and pages of a few more under way.
  private static let maximumCount = 4

  private let open = Mutex<[(root: SourceRoot, directory: HeldDirectory)]>([])

  fileprivate func directory(of root: SourceRoot) throws(SystemError) -> HeldDirectory {
    if let known = open.withLock({ $0.last { $0.root === root }?.directory }) { return known }
    let directory = try root.open()
    open.withLock { open in
      if open.count >= Self.maximumCount { open.removeFirst() }
      open.append((root, directory))
    }
    return directory
  }
}

extension FileStatus.Identity {
  /// Whether this is still what is open there.
  ///
  /// - Parameter descriptor: What was opened by the name that this was found under.
  /// - Returns: Whether it is, as far as the file system lets one know.
  /// - Throws: ``SystemError``.
  package func isStill(that descriptor: Int32) throws(SystemError) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last }
    return isStill(FileStatus(status), of: descriptor)
  }

  /// The same for one that was looked at.
  func isStill(_ status: FileStatus, of descriptor: Int32) -> Bool {
    let now = status.identity
    return now == self || now.device == device && FileSystemTraits(of: descriptor).renumbersInodes
  }
}
