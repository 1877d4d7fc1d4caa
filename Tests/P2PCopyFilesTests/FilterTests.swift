import P2PCopyCore
import P2PCopyFiles
import Testing

@Suite("Filter rules mean what they mean to rsync")
struct FilterTests {
  /// What rules leave out of the tree: of directories only themselves.
  private func leftOut(_ rules: [FilterRule]) -> [String] {
    let rules = FilterRules(rules)
    var result: [String] = []
    for name in FilterCases.tree {
      let isDirectory = name.hasSuffix("/")
      let path = isDirectory ? String(name.dropLast()) : name
      if result.contains(where: { path.hasPrefix($0 + "/") }) { continue }
      if !rules.allows(Array(path.utf8), isDirectory: isDirectory) { result.append(path) }
    }
    return result
  }

  @Test("One exclude pattern", arguments: FilterCases.patterns.map(\.pattern))
  func pattern(_ pattern: String) throws {
    let expected = try #require(FilterCases.patterns.first { $0.pattern == pattern })
    #expect(leftOut([FilterRule(.exclude, pattern)]) == expected.leftOut)
  }

  @Test("Rules in order: the first that matches decides", arguments: FilterCases.sequences.map(\.rules))
  func sequence(_ rules: [String]) throws {
    let expected = try #require(FilterCases.sequences.first { $0.rules == rules })
    let parsed = rules.map { FilterRule($0.hasPrefix("+") ? .include : .exclude, String($0.dropFirst(2))) }
    #expect(leftOut(parsed) == expected.leftOut)
  }

  @Test("No rules let everything through")
  func none() {
    #expect(leftOut([]).isEmpty)
    #expect(FilterRules().isEmpty)
  }

  @Test("Bytes that are no text are matched as bytes")
  func bytes() {
    let rules = FilterRules([FilterRule(.exclude, [0x78, 0xFF, 0x2A]), FilterRule(.exclude, "?")])
    #expect(!rules.allows([0x78, 0xFF, 0xFE], isDirectory: false))
    #expect(!rules.allows([0xFF], isDirectory: false))
    #expect(rules.allows([0x78, 0xFE], isDirectory: false))
    // One letter, two bytes.
    #expect(rules.allows(Array("ü".utf8), isDirectory: false))
  }

  @Test("Patterns longer than a machine word", arguments: [62, 63, 64, 65, 127, 128, 200])
  func longPatterns(count: Int) {
    let name = [UInt8](repeating: UInt8(ascii: "x"), count: count)
    let exact = FilterRules([FilterRule(.exclude, name.dropLast() + [UInt8(ascii: "?")])])
    #expect(!exact.allows(name, isDirectory: false))
    #expect(exact.allows(name + [UInt8(ascii: "x")], isDirectory: false))
    #expect(exact.allows(Array(name.dropLast()), isDirectory: false))
    let open = FilterRules([FilterRule(.exclude, name + Array("**x*".utf8) + name)])
    #expect(!open.allows(Array("a/".utf8) + name + Array("/x".utf8) + name, isDirectory: false))
    #expect(open.allows(name + name, isDirectory: false))
  }

  @Test("A pattern that sends backtracking into exponential time is just matched")
  func hostile() {
    let stars = String(repeating: "*a", count: 400) + "b"
    let rules = FilterRules([FilterRule(.exclude, stars), FilterRule(.exclude, "**" + stars)])
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 4000)
    #expect(rules.allows(text, isDirectory: false))
    #expect(!rules.allows(text + [UInt8(ascii: "b")], isDirectory: false))
  }
}
