import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// The files that the paths on a sender's command line stand for in protocol 1, which has nothing but files.
struct SourceTree {
  /// The files, in the order of protocol 1: by size, the largest first, otherwise as found.
  private(set) var files: [SourceFile] = []

  /// What was left out and why, one line each.
  private(set) var notices: [String] = []

  /// What could not be looked at.
  private(set) var failures: [EntryFailure] = []

  /// Lists everything.
  ///
  /// A file goes under its own name, a directory `d` as `d/…` for every regular file below it. Symbolic links to files
  /// are sent as the files they point to, and a link that was given as what it points to; links to directories below it,
  /// links that lead nowhere, sockets, FIFOs and devices are left out with a notice.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when an argument does not exist, two files would get
  ///   the same name, or there is nothing to send.
  init(listing arguments: [LocalPath]) throws(P2PCopyError) {
    let walk = try SourceWalk(arguments, rules: FilterRules(), treating: .followToFiles)
    while let element = walk.next() {
      switch element {
      case .entry(let entry): try add(entry)
      case .notice(let text): notices.append(text)
      case .failure(let failure): failures.append(failure)
      }
    }
    guard !files.isEmpty || !failures.isEmpty else {
      let shown = arguments.map { "'\($0)'" }.joined(separator: ", ")
      throw P2PCopyError(.usage, "there is no file to send in \(shown); nothing was sent")
    }
    files = Self.stablySortedBySize(files)
  }

  /// Spreads the files over `count` groups of about equal size: each file, the largest first, goes to the group that is
  /// smallest so far, as the Python tool does.
  func groups(_ count: Int) -> [[SourceFile]] {
    var groups = [[SourceFile]](repeating: [], count: count)
    var sums = [SaturatingCount<Int64>](repeating: SaturatingCount(), count: count)
    for file in files {
      guard let smallest = sums.indices.min(by: { (sums[$0], $0) < (sums[$1], $1) }) else { break }
      groups[smallest].append(file)
      sums[smallest] += file.byteCount
    }
    return groups
  }

  private static func stablySortedBySize(_ files: [SourceFile]) -> [SourceFile] {
    files.enumerated()
      .sorted { ($1.element.byteCount, $0.offset) < ($0.element.byteCount, $1.offset) }
      .map(\.element)
  }

  /// - Throws: ``P2PCopyError`` when more ends than this entry.
  private mutating func add(_ entry: SourceEntry) throws(P2PCopyError) {
    guard case .file(let byteCount) = entry.kind, let origin = entry.origin else { return }
    func fail(_ error: P2PCopyError) {
      failures.append(EntryFailure(path: EntryPath(entry.path), error: error))
    }
    guard String(validating: entry.path.bytes, as: UTF8.self) != nil else {
      fail(
        P2PCopyError(
          .sourceUnreadable,
          "cannot send '\(DisplayText.escaped(entry.location))': protocol 1 carries only names that are valid UTF-8",
          remedy: .useProtocol2, scope: .entry))
      return
    }
    var file = SourceFile(location: entry.location, origin: origin, path: entry.path, byteCount: byteCount)
    do throws(P2PCopyError) {
      // The receiver makes a file that is listed as empty without waiting for it: it must be true.
      if byteCount == 0 { file.byteCount = try OpenSourceFile(opening: file).inMemoryIfNeeded().byteCount }
      files.append(file)
    } catch {
      guard error.scope == .entry else { throw error }
      fail(error)
    }
  }
}
