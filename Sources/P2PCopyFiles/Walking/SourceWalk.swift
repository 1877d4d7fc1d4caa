package import P2PCopyCore
import P2PCopyPlatform

/// Walks what a sender was told to send, an entry at a time.
///
/// A directory's own entry comes before what is in it. Memory holds the directories from the argument down to where the
/// walk is, with up to 1,024 names of each, however much there is to send.
package final class SourceWalk {
  /// What the walk comes to.
  package enum Element: Sendable {
    /// Something to send.
    case entry(SourceEntry)
    /// Something that is left out on purpose, one line for a person.
    case notice(String)
    /// Something that cannot be sent. The walk goes on with the rest.
    case failure(EntryFailure)
  }

  /// A directory that is being walked.
  package struct Frame {
    package let stream: DirectoryStream
    /// The way to it, when it has to be opened again.
    package let origin: SourceOrigin
    /// How long ``SourceWalk/location`` and ``SourceWalk/path`` are for the directory itself.
    let locationCount: Int
    package let pathCount: Int
    /// Names in it that the transfer itself writes to.
    let ownNames: [[UInt8]]
    /// The argument whose contents these are, when they go to the root of the transfer.
    package let contentsOf: Int?

    package var identity: FileStatus.Identity { origin.identity }
  }

  /// A directory to be opened next: where the walk is, seen from an open directory.
  struct Descent {
    package let directory: Int32
    let nameStart: Int
    let followsLink: Bool
    package let identity: FileStatus.Identity
    package let contentsOf: Int?
  }

  /// What is done with symbolic links.
  package enum LinkTreatment {
    case keep
    case follow
    case skip
    /// As protocol 1 does it, which has no links: those to files are followed, others are left out.
    case followToFiles
  }

  /// How many notices may come before the first entry or failure until it counts as something to send.
  private static let maximumLookahead = 1000

  /// How many directories are open, the innermost ones. Those outside them are opened again when the walk comes back.
  private static let maximumOpenCount = 8

  package static let slash = UInt8(ascii: "/")

  package let rules: FilterRules
  let links: LinkTreatment
  package let ownFiles: OwnFiles
  package let arguments: [SourceArgument]
  /// The arguments that arrive under a name of their own, by that name.
  let namedArguments: [[UInt8]: Int]
  /// Where the walk is, here and in the transfer. One buffer each: they grow and shrink with every step.
  package var location: [UInt8] = []
  package var path: [UInt8] = []
  var descent: Descent?
  /// The directory that the walk is below; none at a path that was given.
  package private(set) var root: SourceRoot?
  /// The names that the transfer itself writes to in the directory that the walk is in.
  var ownNames: [[UInt8]] = []
  package var list: ListCursor?
  private let openRoots = OpenSourceRoots()
  private var frames: [Frame] = []
  private var nextArgument = 0
  /// What was found while looking whether there is anything to send, the first last.
  private var lookahead: [Element] = []

  /// Checks what is to be sent, before anything is.
  ///
  /// A file goes under the last component of its path, a directory `d` as `d` with everything below it, and of `.` what is
  /// in it. An argument that is a symbolic link is treated as one below a directory; with a slash at the end it stands for
  /// what it points to.
  ///
  /// - Parameters:
  ///   - arguments: Paths of files and directories.
  ///   - rules: What to leave out.
  ///   - links: What to do with symbolic links.
  ///   - list: What to send of the one argument, a directory: paths relative to it. They arrive under these paths, after
  ///     the directories they are in; a listed directory brings everything below it. They are sent in their own order,
  ///     whatever that of the list.
  ///   - ownFiles: What the transfer itself writes, which is left out.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when an argument does not exist, two would arrive
  ///   under one name, a listed path leads out of the directory, or there is nothing to send.
  package convenience init(
    _ arguments: [LocalPath], rules: FilterRules, links: LinkPolicy, list: [LocalPath]? = nil,
    ownFiles: OwnFiles = OwnFiles()
  ) throws(P2PCopyError) {
    let treatment: LinkTreatment =
      switch links {
      case .keep: .keep
      case .follow: .follow
      case .skip: .skip
      }
    try self.init(arguments, rules: rules, treating: treatment, list: list, ownFiles: ownFiles)
  }

  /// The same for a treatment of links that nobody can ask for.
  package init(
    _ arguments: [LocalPath], rules: FilterRules, treating links: LinkTreatment, list: [LocalPath]? = nil,
    ownFiles: OwnFiles = OwnFiles()
  ) throws(P2PCopyError) {
    self.rules = rules
    self.links = links
    self.ownFiles = ownFiles
    self.arguments = try SourceArgument.check(
      arguments, followsLinks: links == .follow || links == .followToFiles || list != nil)
    for argument in self.arguments { try ownFiles.check(argument) }
    var named: [[UInt8]: Int] = [:]
    for (index, argument) in self.arguments.enumerated() where !argument.name.isEmpty { named[argument.name] = index }
    namedArguments = named
    if let list {
      self.list = try ListCursor(list, below: self.arguments)
      root = SourceRoot(self.arguments[0], among: openRoots)
    }
    try lookAhead(arguments)
  }

  /// What comes next, or `nil` at the end.
  package func next() -> Element? {
    lookahead.popLast() ?? advance()
  }

  private func lookAhead(_ arguments: [LocalPath]) throws(P2PCopyError) {
    var found: [Element] = []
    var isSomething = false
    while !isSomething, let element = advance() {
      found.append(element)
      if case .notice = element { isSomething = found.count >= Self.maximumLookahead } else { isSomething = true }
    }
    guard isSomething else {
      let shown = arguments.map { "'\($0)'" }.joined(separator: ", ")
      var message = "there is nothing to send in \(shown.isEmpty ? "no arguments" : shown)"
      if case .notice(let text) = found.first { message += "; \(text)\(found.count > 1 ? ", and more" : "")" }
      throw P2PCopyError(.usage, message)
    }
    lookahead = found.reversed()
  }

  private func advance() -> Element? {
    while true {
      if let descent {
        self.descent = nil
        if let failure = open(descent) { return failure }
      } else if let frame = frames.last {
        if let element = step(frame) { return element }
      } else if list != nil {
        switch stepList() {
        case .element(let element): return element
        case .nothing: continue
        case .end: return nil
        }
      } else if nextArgument < arguments.count {
        nextArgument += 1
        if let element = begin(nextArgument - 1) { return element }
      } else {
        return nil
      }
    }
  }

  /// Begins with an argument.
  private func begin(_ index: Int) -> Element? {
    let argument = arguments[index]
    location = argument.location
    path = argument.name
    root = nil
    ownNames = []
    guard argument.name.isEmpty else {
      return examine(argument.status, isFollowed: argument.isFollowed, nameStart: 0, in: AT_FDCWD)
    }
    descent = Descent(
      directory: AT_FDCWD, nameStart: 0, followsLink: argument.isFollowed, identity: argument.status.identity,
      contentsOf: index)
    return nil
  }

  /// Looks at the next name in the innermost directory.
  private func step(_ frame: Frame) -> Element? {
    guard !frame.stream.isExhausted else {
      frames.removeLast()
      return nil
    }
    location.removeSubrange(frame.locationCount...)
    path.removeSubrange(frame.pathCount...)
    if location.last != Self.slash { location.append(Self.slash) }
    let nameStart = location.count
    let directory: Int32
    do throws(SystemError) {
      directory = try openDescriptor(of: frame)
      guard try frame.stream.appendNextName(to: &location) else {
        frames.removeLast()
        return nil
      }
    } catch {
      frames.removeLast()
      location.removeSubrange(frame.locationCount...)
      guard error.number != ESTALE else {
        return failure(saying: SourceMessage.replaced(location), remedy: .sendAgain, error)
      }
      return failure("cannot list all of", error)
    }
    if !path.isEmpty { path.append(Self.slash) }
    path.append(contentsOf: location[nameStart...])
    ownNames = frame.ownNames
    let status: FileStatus
    do throws(SystemError) {
      status = try self.status(nameStart: nameStart, in: directory, followLinks: false)
    } catch {
      return rules.allows(path, isDirectory: false) ? failure("cannot look at", error) : nil
    }
    if let argument = frame.contentsOf, arguments.count > 1 {
      switch collision(of: status, in: argument) {
      case .none: break
      case .some(let element): return element
      }
    }
    return examine(status, isFollowed: false, nameStart: nameStart, in: directory)
  }

  /// The descriptor of a directory that is being walked, which may have been set aside.
  private func openDescriptor(of frame: Frame) throws(SystemError) -> Int32 {
    if let descriptor = frame.stream.descriptor { return descriptor }
    try frame.stream.resume(try frame.origin.openDirectory(Array(location[..<frame.locationCount])))
    guard let descriptor = frame.stream.descriptor else { throw SystemError(number: EBADF) }
    return descriptor
  }

  private func stepList() -> ListStep {
    guard var cursor = list.take() else { return .end }
    defer { list = cursor }
    return stepList(&cursor)
  }

  private func open(_ descent: Descent) -> Element? {
    do throws(SystemError) {
      let stream = try withName(descent.nameStart) { name throws(SystemError) in
        try DirectoryStream(opening: name, relativeTo: descent.directory, followLinks: descent.followsLink)
      }
      guard let descriptor = stream.descriptor, try descent.identity.isStill(that: descriptor) else {
        throw SystemError(number: ESTALE)
      }
      let origin = origin(identity: descent.identity, isFollowed: descent.followsLink)
      if root == nil { root = SourceRoot(arguments[nextArgument - 1], among: openRoots) }
      if frames.count >= Self.maximumOpenCount { frames[frames.count - Self.maximumOpenCount].stream.setAside() }
      frames.append(
        Frame(
          stream: stream, origin: origin, locationCount: location.count, pathCount: path.count,
          ownNames: ownFiles.names(in: descent.identity), contentsOf: descent.contentsOf))
      return nil
    } catch {
      guard error.number != ESTALE else {
        return failure(saying: SourceMessage.replaced(location), remedy: .sendAgain, error)
      }
      return failure("cannot list", error)
    }
  }

  /// The way to what the walk is at.
  package func origin(identity: FileStatus.Identity, isFollowed: Bool) -> SourceOrigin {
    // With a list the root is known from the beginning, and may be what the walk is at.
    let root = root.flatMap { location.count > $0.startOfRest ? $0 : nil }
    return SourceOrigin(
      root: root, links: root != nil && links == .follow ? .all : isFollowed ? .last : .none, identity: identity)
  }

  /// Whether a directory is one that the walk is in.
  func isAncestor(_ identity: FileStatus.Identity) -> Bool { frames.contains { $0.identity == identity } }
}
