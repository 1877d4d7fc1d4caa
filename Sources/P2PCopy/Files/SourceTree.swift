import Glibc
import P2PCopyCore

/// The files that the paths on a sender's command line stand for.
struct SourceTree {
  /// The files, in the order of protocol 1: by size, the largest first, otherwise as found.
  private(set) var files: [SourceFile] = []

  /// What was left out and why, one line each.
  private(set) var notices: [String] = []

  /// What could not be looked at.
  private(set) var failures: [EntryFailure] = []

  private var namesTaken: [RelativePath: [UInt8]] = [:]

  /// Lists everything.
  ///
  /// A file goes under its own name, a directory `d` as `d/…` for every regular file below it. Symbolic links to files
  /// are sent as the files they point to; links to directories, sockets, FIFOs and devices are left out with a notice.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when an argument does not exist, two files would get
  ///   the same name, or there is nothing to send.
  init(listing arguments: [LocalPath]) throws(P2PCopyError) {
    for argument in arguments { try add(argument: argument) }
    guard !files.isEmpty || !failures.isEmpty else {
      throw P2PCopyError(.usage, "there is no file to send in \(arguments.map { "'\($0)'" }.joined(separator: ", "))")
    }
    files = Self.stablySortedBySize(files)
  }

  /// Spreads the files over `count` groups of about equal size: each file, the largest first, goes to the group that is
  /// smallest so far, as the Python tool does.
  func groups(_ count: Int) -> [[SourceFile]] {
    var groups = [[SourceFile]](repeating: [], count: count)
    var sums = [Int64](repeating: 0, count: count)
    for file in files {
      guard let smallest = sums.indices.min(by: { (sums[$0], $0) < (sums[$1], $1) }) else { break }
      groups[smallest].append(file)
      sums[smallest] = sums[smallest].addingReportingOverflow(file.byteCount).partialValue
    }
    return groups
  }

  private static func stablySortedBySize(_ files: [SourceFile]) -> [SourceFile] {
    files.enumerated()
      .sorted { ($1.element.byteCount, $0.offset) < ($0.element.byteCount, $1.offset) }
      .map(\.element)
  }

  private mutating func add(argument: LocalPath) throws(P2PCopyError) {
    let location = argument.bytes
    guard argument.canBePath else {
      throw P2PCopyError(.usage, "'\(argument)' is not a path; give files or directories to send")
    }
    let status: FileStatus
    do {
      status = try FileStatus(of: location, followLinks: true)
    } catch {
      throw P2PCopyError(.usage, "cannot send '\(argument)': \(error); nothing was sent", cause: error)
    }
    switch status.kind {
    case .regular:
      try add(location, named: Self.name(of: location), status)
    case .directory:
      var ancestors: Set<FileStatus.Identity> = [status.identity]
      try addDirectory(location, named: Self.directoryName(of: location), &ancestors)
    case .symbolicLink, .other:
      throw P2PCopyError(.usage, "cannot send '\(argument)': it is neither a file nor a directory")
    }
  }

  private mutating func addDirectory(
    _ location: [UInt8], named name: [UInt8], _ ancestors: inout Set<FileStatus.Identity>
  ) throws(P2PCopyError) {
    let children: [[UInt8]]
    do {
      children = try Self.sortedChildren(of: location)
    } catch {
      fail(name, "cannot list '\(DisplayText.escaped(location))': \(error)")
      return
    }
    for child in children {
      let childLocation = location + [UInt8(ascii: "/")] + child
      let childName = name.isEmpty ? child : name + [UInt8(ascii: "/")] + child
      try addChild(childLocation, named: childName, &ancestors)
    }
  }

  private mutating func addChild(
    _ location: [UInt8], named name: [UInt8], _ ancestors: inout Set<FileStatus.Identity>
  ) throws(P2PCopyError) {
    let status: FileStatus
    do {
      status = try FileStatus(of: location, followLinks: false)
    } catch {
      fail(name, "cannot look at '\(DisplayText.escaped(location))': \(error)")
      return
    }
    switch status.kind {
    case .regular: try add(location, named: name, status)
    case .directory:
      // A bind mount can make a directory its own descendant.
      guard ancestors.insert(status.identity).inserted else { return }
      try addDirectory(location, named: name, &ancestors)
      ancestors.remove(status.identity)
    case .symbolicLink: try addTarget(of: location, named: name)
    case .other: skip(location, "neither a file nor a directory")
    }
  }

  private mutating func addTarget(of location: [UInt8], named name: [UInt8]) throws(P2PCopyError) {
    guard let target = try? FileStatus(of: location, followLinks: true) else {
      skip(location, "a symbolic link that leads nowhere")
      return
    }
    switch target.kind {
    case .regular: try add(location, named: name, target)
    case .directory: skip(location, "a symbolic link to a directory")
    case .symbolicLink, .other: skip(location, "a symbolic link to something that is not a file")
    }
  }

  private mutating func add(_ location: [UInt8], named name: [UInt8], _ status: FileStatus) throws(P2PCopyError) {
    guard String(validating: name, as: UTF8.self) != nil else {
      fail(name, "cannot send '\(DisplayText.escaped(location))': protocol 1 carries only names that are valid UTF-8")
      return
    }
    let path: RelativePath
    do {
      path = try RelativePath(validating: name)
    } catch {
      fail(name, "cannot send '\(DisplayText.escaped(location))': \(error.message)")
      return
    }
    guard !PartialFile.isReserved(anyOf: path) else {
      skip(location, "the partial file of an unfinished transfer")
      return
    }
    if let taken = namesTaken[path] {
      guard taken != location else { return }
      throw P2PCopyError(
        .usage,
        "'\(DisplayText.escaped(taken))' and '\(DisplayText.escaped(location))' would both arrive as '\(path)';"
          + " send them one after the other, or the directories that contain them; nothing was sent")
    }
    namesTaken[path] = location
    files.append(SourceFile(location: location, path: path, byteCount: status.byteCount))
  }

  private mutating func fail(_ name: [UInt8], _ message: String) {
    failures.append(
      EntryFailure(path: DisplayText.escaped(name), error: P2PCopyError(.sourceUnreadable, message)))
  }

  private mutating func skip(_ location: [UInt8], _ reason: String) {
    notices.append("left out '\(DisplayText.escaped(location))': \(reason)")
  }

  /// The last component of a path.
  private static func name(of location: [UInt8]) -> [UInt8] {
    location.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
  }

  /// The name a directory's files go below: its own; none for `.`, so that `send .` sends what is in it.
  private static func directoryName(of location: [UInt8]) -> [UInt8] {
    let name = name(of: location)
    if name.elementsEqual(".".utf8) || name.isEmpty { return [] }
    guard name.elementsEqual("..".utf8) else { return name }
    let resolved = location.withCString { realpath($0, nil) }
    guard let resolved else { return [] }
    defer { free(resolved) }
    return Self.name(of: Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))))
  }

  private static func sortedChildren(of location: [UInt8]) throws(SystemError) -> [[UInt8]] {
    guard let directory = location.withCString({ opendir($0) }) else { throw .last }
    defer { closedir(directory) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else {
        guard errno == 0 else { throw .last }
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: UInt8.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          Array(UnsafeBufferPointer(start: $0, count: strlen(UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))))
        }
      }
      if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { continue }
      names.append(name)
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
