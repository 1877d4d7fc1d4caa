import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Log", .timeLimit(.minutes(2)))
struct LogTests {
  @Test("One line for each event, with what is needed to follow a pair")
  func events() async throws {
    let record = LogRecord()
    try await RelayServer.run(logger: record.logger) { relay in
      let receiver = try await WebSocketPeer.connect(port: relay.port, code: "0123456789abcdef", role: "receiver")
      await relay.waitUntil { $0.waiting == 1 }
      let sender = try await WebSocketPeer.connect(port: relay.port, code: "0123456789abcdef", role: "sender")
      sender.send(ClientFrame.bytes(.binary, [1, 2, 3]) + ClientFrame.close(1000))
      #expect(try await receiver.frame() != nil)
      receiver.send(ClientFrame.close(1000))
      await relay.waitUntil { $0 == .none }
    }
    let lines = record.all
    #expect(
      lines.map { $0.prefix { $0 != " " } } == [
        "listening", "accepted", "waiting", "accepted", "paired", "finished", "draining", "stopped",
      ])
    #expect(lines[2].hasPrefix("waiting code=01234567 connection=1 remote=127.0.0.1:"))
    #expect(lines[2].hasSuffix(" role=receiver"))
    #expect(lines[4].contains("connection=2"))
    #expect(lines[4].hasSuffix("with=1"))
    #expect(lines[5].contains("bytes=3"))
    #expect(!lines.contains { $0.contains("0123456789") })
  }

  @Test("What a peer names cannot forge a line or act on a terminal")
  func escaped() async throws {
    let record = LogRecord()
    try await RelayServer.run(logger: record.logger) { relay in
      _ = try await WebSocketPeer.connect(port: relay.port, code: #"\n\u001b[2\u202e"#, role: "sender")
      await relay.waitUntil { $0.waiting == 1 }
    }
    #expect(record.all.contains { $0.hasPrefix(#"waiting code=\u{A}\u{1B}[2\u{202E} "#) })
  }

  @Test("Refusals and lost peers say why")
  func reasons() async throws {
    let record = LogRecord()
    try await RelayServer.run(logger: record.logger) { relay in
      let stranger = try await WebSocketPeer.dial(port: relay.port)
      stranger.send(Array(WebSocketPeer.upgradeRequest.utf8) + ClientFrame.text("{}"))
      stranger.send(ClientFrame.close(1002))
      _ = await stranger.rest()
      let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "c0de")
      await sender.vanish()
      #expect(try await receiver.frame()?.closeStatus == 4002)
    }
    #expect(record.all.contains { $0.contains("refused") && $0.contains("reason=First frame must be hello") })
    #expect(record.all.contains { $0.contains("vanished") && $0.contains("role=sender") })
  }
}
