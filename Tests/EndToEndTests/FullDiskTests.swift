import Glibc
import Testing

/// A destination that runs out of room.
@Suite struct FullDiskTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  @Test(arguments: [[], ["--encrypt"]])
  func aFullDiskIsNamedAndTheRestComesOnceThereIsRoom(options: [String]) async throws {
    try #require(geteuid() == 0, "this test mounts a small tmpfs, which only root may")
    let content = Content.random(24 << 20)
    try workspace.file("src/big", content)
    let disk = try await workspace.memoryDisk("out", byteCount: 8 << 20)
    let relay = try await workspace.relay()

    let full = try await workspace.transfer(["src/big"], relay: relay, sending: options, receiving: options)
    #expect(full.received.status == 11, "\(full)")
    #expect(full.received.errors.contains("'big'") && full.received.errors.contains("No space left"), "\(full)")
    #expect(full.sent.status == 17, "\(full)")
    #expect(Content.bytes("\(disk)/big") == nil)
    let kept = try #require(Content.size(Content.partial("big", in: disk)))
    #expect(kept > 0)

    try await workspace.tool(["mount", "-o", "remount,size=\(64 << 20)", disk])
    let resumed = try await workspace.transfer(
      ["src/big"], relay: relay, sending: options + ["--resume"], receiving: options)
    #expect(resumed.sent.status == 0 && resumed.received.status == 0, "\(resumed)")
    #expect(Content.bytes("\(disk)/big") == content)
  }
}
