import P2PCopyCore
import Testing

/// Two processes of the command through a relay process of the same command.
@Suite("brotli-p2p-copy", .timeLimit(.minutes(5)))
struct CommandTests {
  let folder: TemporaryDirectory
  let relay: BrotliCommand

  init() throws {
    folder = try TemporaryDirectory()
    relay = try BrotliCommand(["run-relay-server", "127.0.0.1", "0", "--no-tls"], in: folder, as: "relay")
  }

  @Test("A tree of text arrives, compressed with Brotli")
  func textTree() async throws {
    let byteCount = try folder.writeTextTree("texts")
    let url = try await relayURL()
    for compressor in ["brotli@example.org", "zstd"] {
      let ends = try await transfer(
        url, sending: ["--compressor", compressor, "--level", compressor == "zstd" ? "1" : "9", "--compress", "on"],
        receiving: ["--out", compressor])
      #expect(ends.sent.status == 0, "\(ends.sent.errors)")
      #expect(ends.received.status == 0, "\(ends.received.errors)")
      #expect(try folder.files("\(compressor)/texts") == folder.files("texts"))
    }
    // What passed the relay: had the first transfer used zstd as well, it would not be smaller by so much.
    let pattern = #/bytes=(\d+)/#
    while relay.errors.matches(of: pattern).count < 2 { try await Task.sleep(for: .milliseconds(10)) }
    let counts = relay.errors.matches(of: pattern).compactMap { Int($0.1) }
    #expect(counts[0] < counts[1] * 9 / 10, "\(counts)")
    #expect(counts[1] < byteCount / 2)
  }

  @Test("No common digest: both sides exit with the status for it and name both offers")
  func noCommonDigest() async throws {
    try folder.writeTextTree("texts")
    let ends = try await transfer(
      try await relayURL(), sending: ["--digest", "sha256"], receiving: ["--digest", "xxh128", "--out", "out"])
    for end in [ends.sent, ends.received] {
      #expect(end.status == 15, "\(end.errors)")
      #expect(end.errors.contains("digests: sha256"), "\(end.errors)")
      #expect(end.errors.contains("digests: xxh128"), "\(end.errors)")
    }
    #expect(try folder.files("out").isEmpty)
  }

  @Test("A parameter is set by name, and only within its range")
  func parameters() async throws {
    try folder.writeTextTree("texts")
    let sender = try BrotliCommand(
      ["send", "ws://127.0.0.1:9", "4821-lusab-babad", "--compressor", "brotli@example.org", "--level", "12", "texts"],
      in: folder, as: "sender")
    #expect(await sender.status() == 2)
    #expect(sender.errors.contains("from 2 to 11"), "\(sender.errors)")
  }

  private func relayURL() async throws -> String {
    try await relay.waitFor(#/Relay listening on (ws:\/\/[^\n]+)\n/#) { relay.output }
  }

  private func transfer(
    _ url: String, sending: [String], receiving: [String]
  ) async throws -> (sent: (status: Int32, errors: String), received: (status: Int32, errors: String)) {
    let code = "4821-lusab-babad"
    let receiver = try BrotliCommand(["receive", url, code, "--wait", "60"] + receiving, in: folder, as: "receiver")
    let sender = try BrotliCommand(["send", url, code, "--wait", "60"] + sending + ["texts"], in: folder, as: "sender")
    let (sent, received) = await (sender.status(), receiver.status())
    return ((sent, sender.errors), (received, receiver.errors))
  }
}
