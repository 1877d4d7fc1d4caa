/// A filter rule's pattern, prepared for matching.
///
/// Which part of a path a pattern is held against follows rsync (`rule_matches` in its `exclude.c`).
struct FilterPattern: Sendable {
  /// What a pattern is held against.
  private enum Scope {
    /// The last component.
    case name
    /// All of the path.
    case path
    /// All of the path with a `/` in front, so that `**/` matches at the root too.
    case rootedPath
    /// This many components at the end.
    case end(componentCount: Int)
    /// What begins at any component and goes to the end.
    case anyComponent
  }

  private enum Content {
    case literal([UInt8])
    case wildcard(WildcardMatcher)
    /// A pattern that can match nothing: an open bracket, an unknown class, no pattern at all.
    case impossible
  }

  private static let slash = UInt8(ascii: "/")

  private let matchesOnlyDirectories: Bool
  /// Whether the pattern ends with `***`, which lets `directory/***` match the directory itself.
  private let endsWithThreeStars: Bool
  private let scope: Scope
  private let content: Content
  private let options: WildcardMatcher.Options

  package init(_ pattern: [UInt8]) {
    var body = pattern[...]
    matchesOnlyDirectories = body.count > 1 && body.last == Self.slash
    if matchesOnlyDirectories { body.removeLast() }
    let slashCount = body.count { $0 == Self.slash }
    let isWildcard = body.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
    let stars = [UInt8](repeating: UInt8(ascii: "*"), count: 3)
    let hasTwoStars = zip(body, body.dropFirst()).contains { $0 == stars[0] && $1 == stars[0] }
    let beginsWithTwoStars = body.starts(with: stars.prefix(2))
    endsWithThreeStars = body.suffix(3).elementsEqual(stars)

    let isAnchored = body.first == Self.slash
    if isAnchored { body.removeFirst() }
    if slashCount == 0, !hasTwoStars {
      scope = .name
    } else if isAnchored {
      scope = .path
    } else if !hasTwoStars {
      scope = .end(componentCount: slashCount + 1)
    } else if beginsWithTwoStars {
      scope = .rootedPath
    } else {
      scope = .anyComponent
    }

    options =
      switch scope {
      case .rootedPath: .slashInFront
      case .anyComponent: .beginsAfterAnySlash
      case .name, .path, .end: []
      }
    if body.isEmpty {
      content = .impossible
    } else if !isWildcard {
      content = .literal(Array(body))
    } else if let matcher = WildcardMatcher(body) {
      content = .wildcard(matcher)
    } else {
      content = .impossible
    }
  }

  package func matches(_ path: [UInt8], isDirectory: Bool) -> Bool {
    if matchesOnlyDirectories, !isDirectory { return false }
    guard !path.isEmpty, let start = start(in: path) else { return false }
    switch content {
    case .impossible:
      return false
    case .literal(let bytes):
      return path.count - start == bytes.count && path[start...].elementsEqual(bytes)
    case .wildcard(let matcher):
      var options = options
      if isDirectory, endsWithThreeStars { options.insert(.slashAtEnd) }
      return matcher.matches(path.span.extracting(start...), options)
    }
  }

  /// Where what the pattern is held against begins; `nil` when the path has too few components.
  private func start(in path: [UInt8]) -> Int? {
    var wanted: Int
    switch scope {
    case .path, .rootedPath, .anyComponent: return 0
    case .name: wanted = 1
    case .end(let componentCount): wanted = componentCount
    }
    var index = path.count
    while index > 0 {
      if path[index - 1] == Self.slash {
        wanted -= 1
        if wanted == 0 { return index }
      }
      index -= 1
    }
    return wanted == 1 ? 0 : nil
  }
}
