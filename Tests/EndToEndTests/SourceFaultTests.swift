import Glibc
import Testing
import WebSocketFraming

/// Sources that cannot be read, or change under the sender's hands.
@Suite struct SourceFaultTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  @Test func anUnreadableFileIsNamedAndTheOthersArrive() async throws {
    try workspace.file("src/secret", [1])
    try workspace.file("src/open", [2])
    #expect(chmod(workspace["src/secret"], 0) == 0)
    // Root reads everything, unless it gives that up.
    let dropped = "-dac_override,-dac_read_search"
    let wrapper = geteuid() == 0 ? ["setpriv", "--bounding-set=\(dropped)", "--inh-caps=\(dropped)"] : []
    let relay = try await workspace.relay()
    let receiver = try workspace.start(["receive", relay.url, "code", "--out", "out"])
    let sent = try await workspace.run(["send", relay.url, "code", "src"], wrapper: wrapper)
    let received = await receiver.result()
    #expect(sent.status == 10 && sent.errors.contains("src/secret") && sent.errors.contains("Permission"), "\(sent)")
    #expect(received.status == 14 && received.errors.contains("src/secret"), "\(received)")
    #expect(try Content.tree(workspace["out"])["src/open"] == [2])
    #expect(Content.bytes(workspace["out/src/secret"]) == nil)
  }

  enum Change: String, CaseIterable, Sendable {
    case shrinks, grows
  }

  @Test(arguments: Change.allCases)
  func aFileThatChangesWhileItIsSentIsNamed(change: Change) async throws {
    let byteCount = 64 << 20
    try workspace.file("src/log", Content.random(byteCount))
    try workspace.file("src/other", [1, 2, 3])
    let relay = try await workspace.relay()
    // The sender cannot get further than what fits into the buffers on the way, far less than the file.
    let gate = Gate()
    let counter = Counter()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      if isFromPeer, frame.opcode == .binary, counter.next() == 3 { gate.pass() }
      return [frame]
    }
    let receiver = try workspace.start(["receive", relay.url, "code", "--out", "out"])
    let sender = try workspace.start(["send", proxy.url, "code", "src", "--compress", "off"])
    await gate.reached()
    #expect(truncate(workspace["src/log"], change == .shrinks ? 60 << 20 : 65 << 20) == 0)
    gate.open()
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(sent.status == 10 && sent.errors.contains("src/log' changed while it was being sent"), "\(sent)")
    #expect(Content.bytes(workspace["out/src/other"]) == [1, 2, 3])
    if change == .shrinks {
      #expect(received.status == 14, "\(received)")
      #expect(Content.size(workspace["out/src/log"]) == nil)
    } else {
      // What was announced is there; that it is no longer all of the file is the sender's to say.
      #expect(received.status == 0, "\(received)")
      #expect(Content.size(workspace["out/src/log"]) == byteCount)
    }
  }
}
