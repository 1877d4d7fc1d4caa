import P2PCopyCore
package import P2PCopyFiles

/// What a walk came to.
package struct Walked {
  package var entries: [SourceEntry] = []
  package var notices: [String] = []
  package var failures: [EntryFailure] = []

  package init(
    _ arguments: [String], rules: [FilterRule] = [], links: LinkPolicy = .keep, list: [String]? = nil
  ) throws {
    let walk = try SourceWalk(
      arguments.map { LocalPath($0) }, rules: FilterRules(rules), links: links, list: list?.map { LocalPath($0) })
    while let element = walk.next() {
      switch element {
      case .entry(let entry): entries.append(entry)
      case .notice(let notice): notices.append(notice)
      case .failure(let failure): failures.append(failure)
      }
    }
  }

  /// The names things arrive under, in order: directories with `/` at the end, links with what they point to.
  package var names: [String] {
    entries.map { entry in
      switch entry.kind {
      case .file, .stream: entry.path.description
      case .directory: entry.path.description + "/"
      case .symbolicLink(let target): entry.path.description + " -> " + DisplayText.escaped(target)
      }
    }
  }
}
