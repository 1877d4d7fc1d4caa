import Foundation
import P2PCopyCore
import P2PCopyFiles
import TestSupport
import Testing

@Suite("The walk over deep trees")
struct DeepWalkTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  @Test("A tree as deep as paths go; deeper is a failure that names the path")
  func deep() throws {
    var descriptor = open(folder.path, O_RDONLY | O_DIRECTORY)
    #expect(descriptor >= 0)
    for _ in 0..<258 {
      #expect(mkdirat(descriptor, "d", 0o700) == 0)
      let next = openat(descriptor, "d", O_RDONLY | O_DIRECTORY)
      close(descriptor)
      descriptor = next
    }
    close(descriptor)
    let walked = try Walked([folder.path("d")])
    #expect(walked.entries.count == 256)
    #expect(walked.failures.count == 1)
    #expect(walked.failures.first?.error.message.contains("deeper than 256") == true)
  }

  @Test(
    "However deep the walk is, a few directories are open, and it goes on where it was", arguments: LinkPolicy.allCases)
  func fewDirectoriesAreOpen(policy: LinkPolicy) throws {
    var expected: Set<String> = []
    var directory = "source"
    for depth in 0..<20 {
      // On both sides of the directory that leads on, and now and then more than a batch holds.
      for index in 0..<(depth % 5 == 0 ? 1500 : 3) {
        expected.insert("\(directory)/\(index % 2 == 0 ? "a" : "z")\(index)")
      }
      directory += "/m\(depth)"
    }
    try folder.makeDirectory(directory)
    for file in expected { try folder.write([], to: file) }
    let walk = try SourceWalk([LocalPath(folder.path("source"))], rules: FilterRules(), links: policy)
    var found: [String] = []
    var openCounts: [Int] = []
    while let element = walk.next() {
      guard case .entry(let entry) = element else {
        Issue.record("\(element)")
        continue
      }
      guard entry.kind == .directory else {
        found.append(entry.path.description)
        continue
      }
      openCounts.append(try openDirectoryCount())
    }
    #expect(found.count == expected.count && Set(found) == expected)
    #expect(openCounts.max() ?? 0 <= 10, "\(openCounts)")
  }

  @Test("A directory that is replaced while the walk is far below it is a failure that names it")
  func replacedAbove() throws {
    let deep = "source/" + (0..<12).map { "m\($0)" }.joined(separator: "/")
    try folder.makeDirectory(deep)
    try folder.write([], to: "source/m0/z")
    try folder.write([], to: "source/z")
    let walk = try SourceWalk([LocalPath(folder.path("source"))], rules: FilterRules(), links: .keep)
    var walked: [String] = []
    while let element = walk.next() {
      switch element {
      case .entry(let entry):
        walked.append(entry.path.description)
        guard entry.path.description == deep else { continue }
        try FileManager.default.moveItem(atPath: folder.path("source/m0"), toPath: folder.path("elsewhere"))
        try folder.write([], to: "source/m0/z")
      case .failure(let failure): walked.append("failed \(failure.path)")
      case .notice(let notice): Issue.record("\(notice)")
      }
    }
    #expect(walked.suffix(3) == ArraySlice([deep, "failed source/m0", "source/z"]), "\(walked)")
  }

  /// How many descriptors of this process lead below the folder.
  private func openDirectoryCount() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix(
        folder.path("source"))
        == true
    }.count
  }
}
