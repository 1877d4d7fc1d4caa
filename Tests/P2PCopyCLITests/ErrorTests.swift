import Foundation
import P2PCopyCLI
import P2PCopyCore
import Testing

@Suite("What the command makes of an error")
struct ErrorTests {
  private static func usage() throws -> String {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: package.appending(path: "docs/usage.md"), encoding: .utf8)
  }

  @Test("Every code has an exit status of its own, and the documentation has the same")
  func statuses() throws {
    let codes = P2PCopyError.Code.all
    #expect(Set(codes.map(\.exitStatus)).count == codes.count)
    #expect(Set(codes.map(\.name)).count == codes.count)
    #expect(codes.allSatisfy { (1...130).contains($0.exitStatus) })
    let documented = try Self.usage().matches(of: /\n\| (\d+) \| `([a-z-]+)` \|/).map { "\($0.1) \($0.2)" }
    #expect(documented == codes.map { "\($0.exitStatus) \($0.name)" })
  }

  @Test("Every remedy has words for a person, without an option of the command in those of the library")
  func remedies() {
    for remedy in P2PCopyError.Remedy.allCases {
      #expect(!remedy.advice.contains("--") && !remedy.advice.contains("p2p-copy"), "\(remedy)")
      for words in [remedy.advice, remedy.commandWords] {
        #expect(!words.isEmpty && !words.hasSuffix(".") && !words.contains("\n"), "\(remedy): \(words)")
      }
    }
  }

  @Test(
    "What is printed is the message and the remedy in the command's words; the other side is told it in neutral ones")
  func lines() {
    let error = P2PCopyError(.destinationExists, "'a' exists and was left alone", remedy: .changeConflictPolicy)
    #expect(error.commandLine == "'a' exists and was left alone; receive with --on-conflict overwrite, skip or rename")
    #expect(
      error.advisingMessage
        == "'a' exists and was left alone; receive with the conflict policy overwrite, skip or rename")
    #expect(P2PCopyError(.usage, "wrong").commandLine == "wrong")
    #expect(
      P2PCopyError(.usage, "wrong", remedy: .report, cause: CancellationError()).description.hasPrefix("wrong; please"))
  }
}
