import NIOCore
import NIOPosix
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Over sockets", .timeLimit(.minutes(2)))
struct SocketTests {
  @Test("A pair talks, closes and leaves nothing behind")
  func session() async throws {
    try await RelayServer.run { relay in
      let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "c0de")
      sender.send(ClientFrame.text("hello") + ClientFrame.close(1000, "done"))
      #expect(try await receiver.frame() == Frame(opcode: .text, payload: Array("hello".utf8)))
      #expect(try await receiver.frame() == .close(1000, "done"))
      receiver.send(ClientFrame.close(1000, "done"))
      #expect(try await sender.frame() == .close(1000, "done"))
      #expect(try await sender.frame() == nil)
      #expect(try await receiver.frame() == nil)
      await relay.waitUntil { $0 == .none }
    }
  }

  @Test("What comes right behind the upgrade request is not lost")
  func rightBehindTheRequest() async throws {
    try await RelayServer.run { relay in
      let receiver = try await WebSocketPeer.dial(port: relay.port)
      receiver.send(Array(WebSocketPeer.upgradeRequest.utf8) + ClientFrame.hello("c0de", "receiver"))
      let sender = try await WebSocketPeer.dial(port: relay.port)
      let ahead = ClientFrame.bytes(.binary, [UInt8](repeating: 5, count: 20_000))
      sender.send(Array(WebSocketPeer.upgradeRequest.utf8) + ClientFrame.hello("c0de", "sender") + ahead)
      #expect(try await receiver.response().hasPrefix("HTTP/1.1 101 "))
      #expect(try await sender.response().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
      #expect(try await receiver.frame() == Frame(opcode: .binary, payload: [UInt8](repeating: 5, count: 20_000)))
      #expect(try await sender.frame() == .ready)
    }
  }

  @Test("Many pairs at once, random data both ways, each gets its own")
  func manyPairs() async throws {
    try await RelayServer.run { relay in
      let port = relay.port
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            var generator = SystemRandomNumberGenerator()
            let (sender, receiver) = try await WebSocketPeer.connectPair(port: port, code: "code \(number)")
            let payloads = (0..<12).map { _ in
              (0..<Int.random(in: 0...90_000, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
              }
            }
            for payload in payloads {
              sender.send(ClientFrame.bytes(.binary, payload))
              receiver.send(ClientFrame.bytes(.binary, payload.reversed()))
            }
            for payload in payloads {
              #expect(try await receiver.frame() == Frame(opcode: .binary, payload: payload))
              #expect(try await sender.frame() == Frame(opcode: .binary, payload: payload.reversed()))
            }
            await sender.vanish()
            #expect(try await receiver.frame() == .close(4002, "peer vanished"))
            await receiver.vanish()
          }
        }
        try await group.waitForAll()
      }
      await relay.waitUntil { $0 == .none }
    }
  }

  @Test("A receiver that does not read stops the sender, and the relay holds little meanwhile")
  func backPressure() async throws {
    try await RelayServer.run { relay in
      let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "c0de")
      try await receiver.setReading(false)
      let count = 96
      let payload = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let frame = ClientFrame.bytes(.binary, payload)
      for _ in 0..<count { sender.send(frame) }
      #expect(await relay.heldByteCountWhenStuck() <= 512 << 10)
      // Stuck as it is, it serves others.
      let (otherSender, otherReceiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "other")
      otherSender.send(ClientFrame.text("hi"))
      #expect(try await otherReceiver.frame() == Frame(opcode: .text, payload: Array("hi".utf8)))
      try await receiver.setReading(true)
      let expected = Frame(opcode: .binary, payload: payload)
      for _ in 0..<count { #expect(try await receiver.frame() == expected) }
    }
  }

  @Test("A sender that ends its TCP connection right behind its close loses nothing")
  func endsWithoutWaiting() async throws {
    try await RelayServer.run { relay in
      let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "c0de")
      let payload = [UInt8](repeating: 77, count: 1 << 20)
      for _ in 0..<24 { sender.send(ClientFrame.bytes(.binary, payload)) }
      sender.send(ClientFrame.close(1000, "all sent"))
      let closing = sender.channel.writeAndFlush(ByteBuffer(bytes: ClientFrame.bytes(.pong, []))).flatMap {
        [channel = sender.channel] in channel.close()
      }
      for _ in 0..<24 { #expect(try await receiver.frame() == Frame(opcode: .binary, payload: payload)) }
      #expect(try await receiver.frame() == .close(1000, "all sent"))
      try await closing.get()
      receiver.send(ClientFrame.close(1000))
      #expect(try await receiver.frame() == nil)
      await relay.waitUntil { $0 == .none }
    }
  }

  @Test("A waiting peer that sends ahead is read only so far, and its data is all there in the end")
  func sendsAhead() async throws {
    try await RelayServer.run { relay in
      let sender = try await WebSocketPeer.connect(port: relay.port, code: "c0de", role: "sender")
      let payload = [UInt8](repeating: 9, count: 10_000)
      for _ in 0..<200 { sender.send(ClientFrame.bytes(.binary, payload)) }
      while await relay.heldByteCount() < 64 << 10 {}
      #expect(await relay.heldByteCount() <= 80 << 10)
      let receiver = try await WebSocketPeer.connect(port: relay.port, code: "c0de", role: "receiver")
      for _ in 0..<200 { #expect(try await receiver.frame() == Frame(opcode: .binary, payload: payload)) }
      #expect(try await sender.frame() == .ready)
    }
  }

  struct Request: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var text: String
    var status: String

    init(_ name: String, _ status: String, _ text: String) {
      (testDescription, self.status, self.text) = (name, status, text)
    }
  }

  static let requests = [
    Request("a plain GET", "426", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Request("a POST with a body", "426", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
    Request(
      "an upgrade to something else", "426",
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    Request(
      "no key", "426", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    Request("another version", "426", WebSocketPeer.upgradeRequest.replacing("Version: 13", with: "Version: 8")),
    Request("another method", "426", WebSocketPeer.upgradeRequest.replacing("GET", with: "POST")),
    Request("no Connection", "426", WebSocketPeer.upgradeRequest.replacing("Connection: Upgrade\r\n", with: "")),
    Request("nonsense", "400", "nonsense\r\n\r\n"),
    Request(
      "a long header", "400", "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n"),
    Request("a long path", "400", "GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
    Request("many headers", "400", "GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 100))\r\n"),
  ]

  @Test(
    "Whatever is not a WebSocket request gets an answer and the end of the connection", arguments: requests)
  func plainHTTP(request: Request) async throws {
    try await RelayServer.run { relay in
      let peer = try await WebSocketPeer.dial(port: relay.port)
      peer.send(Array(request.text.utf8))
      let answer = await peer.rest()
      #expect(answer.hasPrefix("HTTP/1.1 \(request.status) "))
      if request.status == "426" {
        #expect(answer.hasSuffix("This is a p2p-copy relay: it speaks WebSocket only.\n"))
      }
      await relay.waitUntil { $0 == .none }
    }
  }

  @Test(
    "A connection that never gets as far as a hello is closed",
    arguments: [0, 8, WebSocketPeer.upgradeRequest.utf8.count])
  func slowLoris(sentByteCount: Int) async throws {
    var limits = RelayLimits.patient
    limits.helloTimeout = .milliseconds(50)
    try await RelayServer.run(limits: limits) { relay in
      let peer = try await WebSocketPeer.dial(port: relay.port)
      peer.send(Array(WebSocketPeer.upgradeRequest.utf8.prefix(sentByteCount)))
      _ = await peer.rest()
      await relay.waitUntil { $0 == .none }
    }
  }

  @Test("Too many connections: the next one is closed at once")
  func connectionLimit() async throws {
    var limits = RelayLimits.patient
    limits.maximumConnections = 1
    try await RelayServer.run(limits: limits) { relay in
      let first = try await WebSocketPeer.connect(port: relay.port, code: "c0de", role: "sender")
      let second = try await WebSocketPeer.dial(port: relay.port)
      #expect(await second.rest() == "")
      await first.vanish()
      await relay.waitUntil { $0 == .none }
      _ = try await WebSocketPeer.connect(port: relay.port, code: "c0de", role: "sender")
    }
  }
}
