import P2PCopyCore
import P2PCopyPlatform

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
        directory: AT_FDCWD, nameStart: 0, followsLink: arguments[0].isFollowed, identity: cursor.identity,
        contentsOf: nil)
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

  /// Comes to a directory that a listed path is in.
  private func enter(_ directory: ArraySlice<UInt8>, _ cursor: inout ListCursor) -> Element? {
    if !cursor.entered.isEmpty, SourceList.covers(directory, cursor.entered) { return nil }
    let nameStart = place(directory)
    let item = cursor.paths[cursor.index]
    do throws(SystemError) {
      let followsLinks = links == .follow
      let parent = try cursor.directory(of: directory, followsLinks: followsLinks)
      let status = try status(nameStart: nameStart, in: parent.descriptor.number, followLinks: followsLinks)
      guard status.kind != .symbolicLink else { throw SystemError(number: ELOOP) }
      guard status.kind == .directory else { throw SystemError(number: ENOTDIR) }
      let element = examine(
        status, isFollowed: followsLinks, nameStart: nameStart, in: parent.descriptor.number, descends: false)
      if case .entry = element { cursor.entered = Array(directory) } else { cursor.finished = Array(directory) }
      return element
    } catch {
      let link = location
      cursor.advance()
      place(item[...])
      guard error.number == ELOOP, links != .follow else { return failure("cannot look at", error) }
      return failure(
        saying: "cannot send '\(DisplayText.escaped(location))': '\(DisplayText.escaped(link))' is a symbolic link",
        remedy: .followLinks, error)
    }
  }

  /// Comes to a listed path.
  private func visit(_ item: [UInt8], _ cursor: inout ListCursor) -> Element? {
    let nameStart = place(item[...])
    do throws(SystemError) {
      let parent = try cursor.directory(of: item[...], followsLinks: links == .follow)
      if !ownFiles.isEmpty { ownNames = ownFiles.names(in: try parent.descriptor.status().identity) }
      let directory = parent.descriptor.number
      let status = try status(nameStart: nameStart, in: directory, followLinks: false)
      let element = examine(status, isFollowed: false, nameStart: nameStart, in: directory)
      if descent != nil || status.kind == .directory { cursor.finished = item }
      return element
    } catch {
      return rules.allows(item, isDirectory: false) ? failure("cannot look at", error) : nil
    }
  }

  /// Sets where the walk is to something below the one argument.
  ///
  /// - Parameter item: Its path there.
  /// - Returns: Where in ``location`` its last component begins.
  @discardableResult
  private func place(_ item: ArraySlice<UInt8>) -> Int {
    path = Array(item)
    location = arguments[0].location
    guard !item.isEmpty else { return 0 }
    if location.last != Self.slash { location.append(Self.slash) }
    location += item
    let name = item.lastIndex(of: Self.slash).map { item[($0 + 1)...] } ?? item
    return location.count - name.count
  }
}
