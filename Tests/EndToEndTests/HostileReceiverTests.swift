import Glibc
import NIOCore
import P2PCopyCore
import P2PCopyWire
import TestSupport
import Testing

/// Receivers of protocol 1 that say what no receiver of ours says, to a sender process.
@Suite(.serialized) struct HostileReceiverTests {
  let workspace: Workspace
  let content = TestContent.random(3 << 20)

  init() throws {
    workspace = try Workspace()
    try workspace.file("big", content)
    try workspace.file("secret", "secret".utf8)
  }

  /// Sends to a hostile receiver.
  private func send(
    options: [String] = ["--resume"], _ attack: (WebSocketPeer) async throws -> Void
  ) async throws -> CommandResult {
    let relay = try await workspace.relay()
    let sender = try workspace.start(["send", relay.url, "4821-lusab-babad", "big", "--protocol", "1"] + options)
    try await sender.waitFor("waiting for the receiver")
    try await attack(WebSocketPeer.connect(to: relay, as: .receiver))
    let result = await sender.result()
    #expect(result.signal == nil && !result.isOverdue, "\(result)")
    return result
  }

  /// A report that is wrong but well-formed costs nothing but time: the whole file is sent, and nothing else.
  @Test(
    "What a receiver claims to have is checked",
    arguments: [
      #"{"path":"big","size":1048576,"chain_hex":"CHAIN"}"#,
      #"{"path":"big","size":1048576,"chain_hex":""}"#,
      #"{"path":"big","size":1048576,"chain_hex":"00"}"#,
      #"{"path":"big","size":99999999,"chain_hex":"CHAIN"}"#,
      #"{"path":"big","size":9223372036854775807,"chain_hex":"CHAIN"}"#,
      #"{"path":"big","size":0,"chain_hex":"CHAIN"}"#,
      #"{"path":"secret","size":6,"chain_hex":"CHAIN"}"#,
      #"{"path":"../secret","size":6,"chain_hex":"CHAIN"}"#,
      #"{"path":"/etc/passwd","size":1,"chain_hex":"CHAIN"},{"path":"big","size":5,"chain_hex":"CHAIN"}"#,
      #"{"path":"big","size":1,"chain_hex":"CHAIN"},{"path":"big","size":2,"chain_hex":"CHAIN"}"#,
    ])
  func whatAReceiverClaimsToHaveIsChecked(entries: String) async throws {
    let byteCount = content.count
    let entries = entries.replacing("CHAIN", with: String(repeating: "ab", count: 32))
    let result = try await send { peer in
      try await peer.expect("manifest")
      try await peer.send(text: #"{"type":"receiver_manifest","entries":[\#(entries)]}"#)
      let header = try await peer.expect(#""type":"file""#)
      #expect(header.contains(#""path":"big""#) && header.contains(#""append_from":0"#), "\(header)")
      var received = 0
      while let message = try await peer.receive(), message != .text(#"{"type":"eof"}"#) {
        if case .binary(let chunk) = message { received += chunk.readableBytes - RecordHeader.byteCount }
      }
      #expect(received == byteCount)
      _ = try await peer.close()
    }
    #expect(result.status == 0, "\(result)")
  }

  @Test(
    "A malformed answer ends the session",
    arguments: [
      #"{"type":"receiver_manifest","entries":[{"path":"big","size":-1,"chain_hex":"00"}]}"#,
      #"{"type":"receiver_manifest","entries":[{"path":"big","size":1,"chain_hex":"zz"}]}"#,
      #"{"type":"receiver_manifest","entries":[{"path":"big","size":1}]}"#,
      #"{"type":"receiver_manifest","entries":7}"#,
      #"{"type":"manifest","entries":[]}"#,
      #"{"type":"eof"}"#,
      "nonsense\u{1B}[2J",
      "", "deep nesting",
    ])
  func aMalformedAnswerEndsTheSession(answer: String) async throws {
    let answer = answer == "deep nesting" ? String(repeating: "[", count: 1_000_000) : answer
    let result = try await send { peer in
      try await peer.expect("manifest")
      try await peer.send(text: answer)
      try await peer.readToEnd()
    }
    #expect(result.status == 7, "\(result)")
    #expect(!result.errors.contains("\u{1B}"), "\(result)")
  }

  @Test("Data instead of an answer ends the session")
  func dataInsteadOfAnAnswerEndsTheSession() async throws {
    let result = try await send { peer in
      try await peer.expect("manifest")
      try await peer.send(binary: [UInt8](repeating: 0, count: 100))
      try await peer.readToEnd()
    }
    #expect(result.status == 7, "\(result)")
  }

  @Test("An encrypted answer is explained")
  func anEncryptedAnswerIsExplained() async throws {
    let result = try await send { peer in
      try await peer.expect("manifest")
      try await peer.send(text: #"{"type":"enc_receiver_manifest","hidden_manifest":"00"}"#)
      try await peer.readToEnd()
    }
    #expect(result.status == 8 && result.errors.contains("--encrypt"), "\(result)")
  }

  /// With a file that does not fit into the buffers on the way: protocol 1 has no receipt, and a sender that is done
  /// before it hears of a normal close takes it for a good one.
  @Test("Closing early is a failure", arguments: [1000, 4000, 4001, 1011] as [UInt16])
  func closingEarlyIsAFailure(
    status: UInt16
  ) async throws {
    #expect(truncate(workspace["big"], 512 << 20) == 0)
    let result = try await send(options: ["--compress", "off"]) { peer in
      try await peer.expect(#""type":"file""#)
      _ = try await peer.close(status: status)
    }
    #expect(result.status == (status == 4001 ? 17 : 6), "\(result)")
  }

  @Test("Vanishing is a failure")
  func vanishingIsAFailure() async throws {
    let result = try await send(options: []) { peer in
      try await peer.expect(#""type":"file""#)
      await peer.vanish()
    }
    #expect(result.status == 6, "\(result)")
  }

  /// A receiver that takes everything and then says that it failed, as ours does when its disk is full.
  @Test("A failure after the last byte counts")
  func aFailureAfterTheLastByteCounts() async throws {
    let result = try await send(options: []) { peer in
      try await peer.expect(#"{"type":"eof"}"#)
      _ = try await peer.close(status: 4001)
    }
    #expect(result.status == 17, "\(result)")
  }
}
