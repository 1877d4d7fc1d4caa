import Foundation
import P2PCopyRelay
import Testing

/// `LibraryExample.swift` is the README's example, so the compiler checks it; here it is run, and held against the README.
@Suite("The README's library example")
struct LibraryExampleTests {
  @Test("It is what the README shows")
  func sameText() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let example = try String(contentsOf: folder.appendingPathComponent("LibraryExample.swift"), encoding: .utf8)
    let readme = try String(
      contentsOf: folder.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("README.md"),
      encoding: .utf8)
    #expect(readme.contains("```swift\n" + example + "```\n"))
  }

  @Test("It copies a file through a relay")
  func works() async throws {
    let folder = NSTemporaryDirectory() + "p2p-copy-readme-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let content = Data("hello".utf8)
    try content.write(to: URL(fileURLWithPath: folder + "/file"))

    let relay = try await RelayServer.start(configuration: RelayConfiguration(host: "127.0.0.1", port: 0))
    let address = "ws://127.0.0.1:\(relay.port)"
    do {
      async let received: Void = receive(into: folder + "/out", relay: address, code: "readme")
      try await send([folder + "/file"], relay: address, code: "readme")
      try await received
    } catch {
      Issue.record(error)
    }
    await relay.shutDownNow()
    #expect(FileManager.default.contents(atPath: folder + "/out/file") == content)
  }
}
