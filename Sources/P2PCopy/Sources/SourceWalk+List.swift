import Glibc
import P2PCopyCore

extension SourceWalk {
  /// What a step through the list came to.
  enum ListStep {
    case element(Element)
    case nothing
    case end
  }

  /// Goes one step through the list: to the next directory on the way to a path, or to the path itself.
  func stepList(_ cursor: inout ListCursor) -> ListStep {
    guard cursor.index < cursor.paths.count else { return .end }
    let item = cursor.paths[cursor.index]
    if let finished = cursor.finished, SourceList.covers(finished, item) {
      cursor.advance()
      return .nothing
    }
    let element: Element?
    if item.isEmpty {
      cursor.finished = []
      place(item[...])
      descent = Descent(
        directory: AT_FDCWD, nameStart: 0, followsLink: true, identity: cursor.identity, contentsOf: nil)
      element = nil
    } else if let slash = item[cursor.parentEnd...].firstIndex(of: Self.slash) {
      cursor.parentEnd = slash + 1
      element = enter(item[..<slash], &cursor)
    } else {
      cursor.advance()
      element = visit(item, &cursor)
    }
    return element.map { .element($0) } ?? .nothing
  }

  /// Comes to a directory that a listed path is in. Links are followed: the path asks for what is behind them.
  private func enter(_ directory: ArraySlice<UInt8>, _ cursor: inout ListCursor) -> Element? {
    if !cursor.entered.isEmpty, SourceList.covers(directory, cursor.entered) { return nil }
    let nameStart = place(directory)
    let item = cursor.paths[cursor.index]
    do throws(SystemError) {
      let status = try status(nameStart: nameStart, in: cursor.root.descriptor.number, followLinks: true)
      guard status.kind == .directory else { throw SystemError(number: ENOTDIR) }
      // What the link stands for cannot arrive as a directory under a name that the link itself has.
      if let file = cursor.file, directory.elementsEqual(file) {
        cursor.advance()
        place(item[...])
        return conflict(with: directory)
      }
      let element = examine(
        status, isFollowed: true, nameStart: nameStart, in: cursor.root.descriptor.number, descends: false)
      if case .entry = element { cursor.entered = Array(directory) } else { cursor.finished = Array(directory) }
      return element
    } catch {
      cursor.advance()
      place(item[...])
      return failure("cannot look at", error)
    }
  }

  /// Comes to a listed path.
  private func visit(_ item: [UInt8], _ cursor: inout ListCursor) -> Element? {
    let nameStart = place(item[...])
    let directory = cursor.root.descriptor.number
    do throws(SystemError) {
      let status = try status(nameStart: nameStart, in: directory, followLinks: false)
      let element = examine(status, isFollowed: false, nameStart: nameStart, in: directory)
      if descent != nil || status.kind == .directory { cursor.finished = item } else { cursor.file = item }
      return element
    } catch {
      return rules.allows(item, isDirectory: false) ? failure("cannot look at", error) : nil
    }
  }

  private func conflict(with file: ArraySlice<UInt8>) -> Element {
    let shown = DisplayText.escaped(file)
    return .failure(
      EntryFailure(
        path: DisplayText.escaped(path),
        error: P2PCopyError(
          .sourceUnreadable,
          "cannot send '\(DisplayText.escaped(location))': the list names the symbolic link '\(shown)' itself as well;"
            + " take one of the two out")))
  }

  /// Sets where the walk is to something below the one argument.
  ///
  /// - Parameter item: Its path there.
  /// - Returns: Where in ``location`` that path begins.
  @discardableResult
  private func place(_ item: ArraySlice<UInt8>) -> Int {
    path = Array(item)
    location = arguments[0].location
    guard !item.isEmpty else { return 0 }
    if location.last != Self.slash { location.append(Self.slash) }
    let nameStart = location.count
    location += item
    return nameStart
  }
}
