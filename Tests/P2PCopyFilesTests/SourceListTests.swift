import Foundation
import P2PCopyCore
import P2PCopyFiles
import TestSupport
import Testing

@Suite("Lists of what is sent")
struct SourceListTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for name in ["a/b/one", "a/b/two", "a/c/three", "a.x", "d/four"] { try folder.write([1], to: "root/" + name) }
    try folder.makeDirectory("root/e")
  }

  private func walk(
    _ list: [String], rules: [FilterRule] = [], links: LinkPolicy = .keep
  ) throws -> Walked {
    try Walked([folder.path("root")], rules: rules, links: links, list: list)
  }

  @Test("Listed paths come with the directories they are in, once each, and nothing else")
  func paths() throws {
    let walked = try walk(["a/b/two", "./a//b/one", "", "a/b/two", "a.x", "a/c/./three"])
    #expect(walked.names == ["a/", "a/b/", "a/b/one", "a/b/two", "a/c/", "a/c/three", "a.x"])
    #expect(walked.entries[2].location == Array(folder.path("root/a/b/one").utf8))
    #expect(walked.failures.isEmpty && walked.notices.isEmpty)
  }

  @Test("A listed directory brings everything in it, once")
  func directories() throws {
    #expect(try walk(["a/b/one", "a", "e/"]).names == ["a/", "a/b/", "a/b/one", "a/b/two", "a/c/", "a/c/three", "e/"])
    #expect(try walk(["a/b", "a/b/one", "d"]).names == ["a/", "a/b/", "a/b/one", "a/b/two", "d/", "d/four"])
    let all = try walk(["d/four", "."])
    #expect(Set(all.names) == ["a/", "a/b/", "a/b/one", "a/b/two", "a/c/", "a/c/three", "a.x", "d/", "d/four", "e/"])
    #expect(all.names.count == 10)
  }

  @Test("What is missing is a failure, the rest goes on")
  func missing() throws {
    let walked = try walk(["a.x", "a/missing", "nowhere/x", "a.x/below", "d/four"])
    #expect(walked.names == ["a/", "a.x", "d/", "d/four"])
    #expect(walked.failures.map(\.path) == ["a/missing", "a.x/below", "nowhere/x"])
    #expect(walked.failures.allSatisfy { $0.error.code == .sourceUnreadable })
  }

  @Test(
    "Lines that lead out are usage errors that name the line", arguments: ["/etc", "../x", "a/../../x", "a/..", "a\0"])
  func outside(line: String) {
    #expect {
      try walk(["a.x", line])
    } throws: { error in
      guard let error = error as? P2PCopyError else { return false }
      return error.code == .usage && error.message.contains("line 2")
    }
  }

  @Test("A list needs exactly one directory")
  func arguments() throws {
    for arguments in [["root", "other"], ["root/a.x"]] {
      try folder.makeDirectory("other")
      #expect(throws: P2PCopyError.self) {
        try Walked(arguments.map(folder.path), list: ["a.x"])
      }
    }
    #expect(throws: P2PCopyError.self) { try walk([]) }
  }

  @Test("Filters apply to listed paths and the directories they are in")
  func filters() throws {
    let walked = try walk(
      ["a/b/one", "a/b/two", "d/four"], rules: [FilterRule(.exclude, "one"), FilterRule(.exclude, "/d/")])
    #expect(walked.names == ["a/", "a/b/", "a/b/two"])
    #expect(walked.failures.isEmpty)
  }

  @Test("A link on the way is entered only when links are followed; listed itself it is sent as the policy says")
  func links() throws {
    try FileManager.default.createSymbolicLink(atPath: folder.path("root/link"), withDestinationPath: "d")
    try FileManager.default.createSymbolicLink(atPath: folder.path("root/a/link"), withDestinationPath: "../a")
    #expect(try walk(["link"]).names == ["link -> d"])
    for policy in [LinkPolicy.keep, .skip] {
      let walked = try walk(["link/four", "a/link/b/one", "a.x"], links: policy)
      #expect(walked.names == ["a/", "a.x"])
      #expect(walked.failures.map(\.path) == ["a/link/b/one", "link/four"])
      #expect(
        walked.failures.allSatisfy {
          $0.error.message.contains("link' is a symbolic link") && $0.error.remedy == .followLinks
        })
    }
    #expect(try walk(["link/four", "link"], links: .follow).names == ["link/", "link/four"])
    #expect(
      try walk(["a/link/b/one"], links: .follow).names == ["a/", "a/link/", "a/link/b/", "a/link/b/one"])
    let both = try walk(["link", "link/four"])
    #expect(both.names == ["link -> d"])
    #expect(both.failures.map(\.path) == ["link/four"])
  }
}
