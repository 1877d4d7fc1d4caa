package import P2PCopyCore
import P2PCopyPlatform

/// Files and directories, as a walk finds them.
package struct FileSource: Source {
  private let acceptsGrowth: Bool
  private let makeWalk: @Sendable () throws(P2PCopyError) -> SourceWalk

  /// - Parameters:
  ///   - paths: What to send.
  ///   - rules: What to leave out.
  ///   - links: What to do about symbolic links.
  ///   - list: What to send of the one path, a directory: paths relative to it.
  ///   - ownFiles: Files that the transfer itself writes, which are left out.
  ///   - acceptsGrowth: Whether files to which something is appended meanwhile are sent as long as they were at their opening.
  /// - Throws: ``P2PCopyError`` when a path does not exist or two would arrive under the same name.
  package init(
    _ paths: [LocalPath], rules: FilterRules = FilterRules(), links: LinkPolicy = .keep, list: [LocalPath]? = nil,
    ownFiles: OwnFiles = OwnFiles(), acceptsGrowth: Bool = false
  ) throws(P2PCopyError) {
    self.acceptsGrowth = acceptsGrowth
    makeWalk = { () throws(P2PCopyError) in
      try SourceWalk(paths, rules: rules, links: links, list: list, ownFiles: ownFiles)
    }
    // What cannot be sent is known before anybody is met.
    _ = try makeWalk()
  }

  package func entries(from index: UInt64) throws(P2PCopyError) -> any SourceCursor {
    let walk = try makeWalk()
    var passed: UInt64 = 0
    while passed < index, let element = walk.next() {
      if case .entry = element { passed += 1 }
    }
    return walk
  }

  package func open(_ entry: SourceEntry) throws(P2PCopyError) -> any SourceContent {
    try OpenSourceFile(opening: entry, acceptsGrowth: acceptsGrowth)
  }
}

extension SourceWalk: SourceCursor {}

extension OpenSourceFile: SourceContent {
  package func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(P2PCopyError) -> Int? {
    do throws(SystemError) {
      return try descriptor.read(into: readable(memory, at: offset), at: offset)
    } catch {
      // What has no offsets is read from its beginning to its end.
      if error.number == ESPIPE { return nil }
      throw Self.explain(error, source)
    }
  }

  package func readNext(
    into memory: UnsafeMutableRawBufferPointer, patience: Int32
  ) throws(P2PCopyError) -> Int? {
    do throws(SystemError) {
      return try descriptor.readNext(into: memory)
    } catch {
      throw Self.explain(error, source)
    }
  }
}
