import CSystemCalls
package import P2PCopyPlatform

extension FileDescriptor {
  /// Flags for a directory as the place that others are opened from, which needs no right to read it.
  package static var placeFlags: Int32 { p2p_copy_place_flags }

  /// Opens something below a directory without following a symbolic link anywhere on the way.
  ///
  /// - Parameters:
  ///   - path: Relative to the directory, without `..`; must not contain NUL.
  ///   - directory: A directory's descriptor.
  ///   - flags: As for `open`; close-on-exec is added.
  ///   - inOneCall: Whether to leave it to the system as a whole, where the system can.
  /// - Throws: ``SystemError``, with `ELOOP` when a link is there or on the way.
  package init(
    openingWithoutLinks path: some Collection<UInt8>, below directory: Int32, flags: Int32, inOneCall: Bool = true
  ) throws(SystemError) {
    while inOneCall {
      let number = path.withCString { p2p_copy_open_without_links(directory, $0, flags | O_CLOEXEC) }
      if number >= 0 {
        self.init(owning: number)
        return
      }
      let error = SystemError.last
      if error.number == EINTR { continue }
      // An older kernel, a container that knows no newer one, or a busy moment: a component at a time.
      guard [ENOSYS, EPERM, EAGAIN].contains(error.number) else { throw error }
      break
    }
    try self.init(openingEachOf: path, below: directory, flags: flags)
  }

  private init(
    openingEachOf path: some Collection<UInt8>, below directory: Int32, flags: Int32
  ) throws(SystemError) {
    let components = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    guard let last = components.last else { throw SystemError(number: EINVAL) }
    var above: HeldDirectory?
    for component in components.dropLast() {
      let parent = above?.descriptor.number ?? directory
      do throws(SystemError) {
        above = HeldDirectory(
          try FileDescriptor(opening: component, relativeTo: parent, flags: FileDescriptor.placeFlags | O_NOFOLLOW))
      } catch {
        throw Self.telling(error, component, parent)
      }
    }
    let parent = above?.descriptor.number ?? directory
    do throws(SystemError) {
      try self.init(opening: last, relativeTo: parent, flags: flags | O_NOFOLLOW)
    } catch {
      throw Self.telling(error, last, parent)
    }
  }

  /// A link that is to be a directory is reported as no directory.
  private static func telling(_ error: SystemError, _ component: [UInt8], _ directory: Int32) -> SystemError {
    guard error.number == ENOTDIR,
      let status = try? FileStatus(of: component, relativeTo: directory, followLinks: false),
      status.kind == .symbolicLink
    else { return error }
    return SystemError(number: ELOOP)
  }
}

/// A directory that is open for what is in it, as long as somebody holds it.
package final class HeldDirectory: Sendable {
  package let descriptor: FileDescriptor

  package init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }
}
