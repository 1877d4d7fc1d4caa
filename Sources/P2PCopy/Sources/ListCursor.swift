import Glibc
import P2PCopyCore

/// Where a walk is in a list of what to send.
struct ListCursor {
  let paths: [[UInt8]]
  /// The directory that the paths are relative to.
  let root: DirectoryHandle
  let identity: FileStatus.Identity
  /// The next path.
  var index = 0
  /// How much of it was looked at as directories.
  var parentEnd = 0
  /// The directory that was entered last: it and those it is in have their entries.
  var entered: [UInt8] = []
  /// The directory below which nothing of the list is left to do.
  var finished: [UInt8]?
  /// The last path that was something other than a directory.
  var file: [UInt8]?

  /// Checks a list and opens the directory.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  init(_ lines: [LocalPath], below arguments: [SourceArgument]) throws(P2PCopyError) {
    guard let argument = arguments.first, arguments.count == 1, argument.status.kind == .directory else {
      throw P2PCopyError(.usage, "a list of files needs one directory that they are in; nothing was sent")
    }
    paths = try SourceList(lines).paths
    identity = argument.status.identity
    do throws(SystemError) {
      root = DirectoryHandle(try FileDescriptor(opening: argument.location, flags: O_RDONLY | O_DIRECTORY))
    } catch {
      throw P2PCopyError(
        .usage, "cannot send '\(DisplayText.escaped(argument.location))': \(error); nothing was sent", cause: error)
    }
  }

  /// Goes on to the next path.
  mutating func advance() {
    index += 1
    parentEnd = 0
  }
}
