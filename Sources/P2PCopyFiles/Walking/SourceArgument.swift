package import P2PCopyCore
import P2PCopyPlatform

/// A path that a sender was given, checked before anything is sent.
package struct SourceArgument {
  /// As it was given, without slashes at the end.
  package let location: [UInt8]

  /// The name it arrives under; empty for a directory whose contents are sent without it, such as `.`.
  package let name: [UInt8]

  /// What it is: for a link that is followed, what it points to; for one that leads nowhere, the link.
  package let status: FileStatus

  /// Whether it may be opened through a link: it is one that is followed, or was given with a slash at the end.
  let isFollowed: Bool

  /// Checks a path.
  ///
  /// - Parameters:
  ///   - argument: The path.
  ///   - followsLinks: Whether a path that is a link stands for what it points to. With a slash at the end it always does.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(_ argument: LocalPath, followsLinks: Bool) throws(P2PCopyError) {
    let slash = UInt8(ascii: "/")
    var location = argument.bytes
    guard argument.canBePath else {
      throw P2PCopyError(.usage, "'\(argument)' is not a path; give files or directories to send")
    }
    let own: FileStatus
    do {
      // The system itself follows a link with a slash behind it.
      own = try FileStatus(of: location, followLinks: false)
    } catch {
      throw P2PCopyError(
        .usage, "cannot send '\(argument)': \(error); nothing was sent", cause: error)
    }
    let target =
      followsLinks && own.kind == .symbolicLink ? try? FileStatus(of: location, followLinks: true) : nil
    status = target ?? own
    isFollowed = target != nil || location.last == slash
    while location.count > 1, location.last == slash { location.removeLast() }
    name = Self.name(of: location)
    self.location = location
  }

  /// Checks several paths: none twice, and no two that would arrive under one name.
  ///
  /// - Parameters:
  ///   - arguments: The paths.
  ///   - followsLinks: Whether those that are links stand for what they point to.
  /// - Returns: What they are.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package static func check(_ arguments: [LocalPath], followsLinks: Bool) throws(P2PCopyError) -> [SourceArgument] {
    var checked: [SourceArgument] = []
    var named: [[UInt8]: Int] = [:]
    var contents: Set<FileStatus.Identity> = []
    for argument in arguments {
      let new = try SourceArgument(argument, followsLinks: followsLinks)
      if new.name.isEmpty {
        guard contents.insert(new.status.identity).inserted else { continue }
      } else if let index = named[new.name] {
        let known = checked[index]
        guard known.status.identity == new.status.identity else {
          throw P2PCopyError(
            .usage, SourceMessage.collision(known.location, new.location, new.name) + "; nothing was sent")
        }
        continue
      } else {
        named[new.name] = checked.count
      }
      checked.append(new)
    }
    return checked
  }

  /// The last component; none for `.` and `/`, so that `send .` sends what is in it; for `..` the name of the directory
  /// it leads to.
  private static func name(of location: [UInt8]) -> [UInt8] {
    func lastComponent(_ path: [UInt8]) -> [UInt8] {
      path.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
    }
    let name = lastComponent(location)
    if name.elementsEqual(".".utf8) { return [] }
    guard name.elementsEqual("..".utf8) else { return name }
    guard let resolved = location.withCString({ realpath($0, nil) }) else { return [] }
    defer { free(resolved) }
    let bytes = UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))
    return lastComponent(Array(bytes))
  }
}
