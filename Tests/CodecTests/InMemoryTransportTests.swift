import P2PCopyCore
import P2PCopyTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct InMemoryTransportTests {
  @Test("Conforms")
  func conforms() async throws {
    await checkTransport(
      InMemoryTransport(relay: InMemoryRelay()), relay: Endpoint(scheme: "memory", address: "relay"))
  }

  @Test("A second of the same role is refused and the first stays")
  func aSecondOfTheSameRoleIsRefusedAndTheFirstStays() async throws {
    for role in ["sender", "receiver"] {
      let relay = InMemoryRelay()
      let first = try await connect(to: relay, as: role)
      let second = try await connect(to: relay, as: role)
      let refusal = await #expect(throws: TransportClosure.self) { _ = try await second.receive() }
      #expect(refusal == TransportClosure(.unavailable, text: "Duplicate role for code"))
      #expect(try await second.finish(.normal) == refusal)

      let other = try await connect(to: relay, as: role == "sender" ? "receiver" : "sender")
      let sender = role == "sender" ? first : other
      #expect(try await sender.receive() == .text(#"{"type":"ready"}"#))
    }
  }

  @Test("Codes are kept apart")
  func codesAreKeptApart() async throws {
    let relay = InMemoryRelay()
    let sender = try await connect(to: relay, as: "sender", code: "aa")
    let stranger = try await connect(to: relay, as: "receiver", code: "bb")
    let receiver = try await connect(to: relay, as: "receiver", code: "aa")
    _ = try await sender.receive()
    try await sender.send(.text("hello"))
    #expect(try await receiver.receive() == .text("hello"))
    #expect(try await stranger.finish(.normal) == .normal)
  }

  @Test(
    "Anything but a hello is refused",
    arguments: [
      "", "hello", "[]", #"{"type":"hello"}"#, #"{"type":"hello","code_hash_hex":"aa","role":"relay"}"#,
      #"{"type":"hi","code_hash_hex":"aa","role":"sender"}"#,
    ])
  func anythingButAHelloIsRefused(text: String) async throws {
    let connection = try await open(InMemoryRelay())
    try await connection.send(.text(text))
    let refusal = await #expect(throws: TransportClosure.self) { _ = try await connection.receive() }
    #expect(refusal?.reason == .refused)
  }

  @Test("Who nobody holds has vanished")
  func whoNobodyHoldsHasVanished() async throws {
    let relay = InMemoryRelay()
    let receiver = try await connect(to: relay, as: "receiver")
    try await connect(to: relay, as: "sender").send(.text("last words"))
    #expect(try await receiver.receive() == .text("last words"))
    let closure = await #expect(throws: TransportClosure.self) { _ = try await receiver.receive() }
    #expect(closure?.reason == .peerVanished)
  }

  @Test("A sender waits for the receiver")
  func aSenderWaitsForTheReceiver() async throws {
    let relay = InMemoryRelay()
    let sender = try await connect(to: relay, as: "sender")
    let receiver = try await connect(to: relay, as: "receiver")
    let message = TransportMessage.text(String(repeating: "x", count: 1 << 20))
    let sent = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for _ in 0..<64 {
          try await sender.send(message)
          sent.value.withLock { $0 += 1 }
        }
      }
      for received in 0..<64 {
        // 4 MiB may be unread, which are four of these.
        #expect(sent.value.withLock { $0 } <= received + 4)
        #expect(try await receiver.receive() == message)
      }
      try await group.waitForAll()
    }
  }

  @Test("A waiting sender fails when the receiver vanishes")
  func aWaitingSenderFailsWhenTheReceiverVanishes() async throws {
    let relay = InMemoryRelay()
    let sender = try await connect(to: relay, as: "sender")
    let receiver = try await connect(to: relay, as: "receiver")
    let task = Task {
      for _ in 0..<64 { try await sender.send(.text(String(repeating: "x", count: 1 << 20))) }
    }
    _ = try await receiver.receive()
    receiver.abort()
    let closure = await #expect(throws: TransportClosure.self) { try await task.value }
    #expect(closure?.reason == .peerVanished)
  }

  @Test("Messages can be dropped, repeated, changed and swapped")
  func messagesCanBeDroppedRepeatedChangedAndSwapped() async throws {
    let held = Mutex<TransportMessage?>(nil)
    let relay = InMemoryRelay { message, direction in
      guard direction == .senderToReceiver else { return [message] }
      switch message {
      case .text("drop"): return []
      case .text("repeat"): return [message, message]
      case .text("change"): return [.text("changed")]
      case .text("swap"):
        held.withLock { $0 = message }
        return []
      default:
        let earlier = held.withLock { $0.take() }
        return [message] + (earlier.map { [$0] } ?? [])
      }
    }
    let sender = try await connect(to: relay, as: "sender")
    let receiver = try await connect(to: relay, as: "receiver")
    let texts = ["one", "drop", "repeat", "change", "swap", "two", "three"]
    for text in texts { try await sender.send(.text(text)) }
    for text in ["one", "repeat", "repeat", "changed", "two", "swap", "three"] {
      #expect(try await receiver.receive() == .text(text))
    }
    _ = try await sender.receive()
    for text in texts { try await receiver.send(.text(text)) }
    for text in texts { #expect(try await sender.receive() == .text(text)) }
  }

  @Test("Peers of protocol 2 are told everything", arguments: ["sender", "receiver"])
  func peersOfProtocol2AreToldEverything(first role: String) async throws {
    let relay = InMemoryRelay()
    let first = try await connect(to: relay, as: role, protocol: 2)
    #expect(try await first.receive() == .text(#"{"type":"waiting"}"#))
    try await first.send(.text("early"))
    let rival = try await connect(to: relay, as: role, protocol: 2)
    #expect(try await errorCode(rival.receive()) == "duplicate-role")
    let refusal = await #expect(throws: TransportClosure.self) { _ = try await rival.receive() }
    #expect(refusal?.reason == .unavailable)
    let second = try await connect(to: relay, as: role == "sender" ? "receiver" : "sender", protocol: 2)
    for connection in [first, second] {
      #expect(try await connection.receive() == .text(#"{"type":"ready","protocol":2}"#))
    }
    #expect(try await second.receive() == .text("early"))
  }

  @Test("Peers of different protocols are not paired")
  func peersOfDifferentProtocolsAreNotPaired() async throws {
    let relay = InMemoryRelay()
    let old = try await connect(to: relay, as: "sender")
    let newcomer = try await connect(to: relay, as: "receiver", protocol: 2)
    #expect(try await errorCode(newcomer.receive()) == "protocol-mismatch")
    var refusal = await #expect(throws: TransportClosure.self) { _ = try await newcomer.receive() }
    #expect(refusal?.reason == .refused)
    let partner = try await connect(to: relay, as: "receiver")
    #expect(try await old.receive() == .text(#"{"type":"ready"}"#))

    let modern = try await connect(to: relay, as: "receiver", code: "cc", protocol: 2)
    let late = try await connect(to: relay, as: "sender", code: "cc")
    refusal = await #expect(throws: TransportClosure.self) { _ = try await late.receive() }
    #expect(refusal?.reason == .refused)
    #expect(try await modern.receive() == .text(#"{"type":"waiting"}"#))
    partner.abort()
  }

  @Test("A bad hello of protocol 2 is explained")
  func aBadHelloOfProtocol2IsExplained() async throws {
    let connection = try await open(InMemoryRelay())
    try await connection.send(.text(#"{"type":"hello","protocol":2,"role":"sender"}"#))
    #expect(try await errorCode(connection.receive()) == "bad-hello")
    let refusal = await #expect(throws: TransportClosure.self) { _ = try await connection.receive() }
    #expect(refusal?.reason == .refused)
  }

  @Test("An old relay tells the sender only")
  func anOldRelayTellsTheSenderOnly() async throws {
    let relay = InMemoryRelay(speaksProtocol2: false)
    let receiver = try await connect(to: relay, as: "receiver", protocol: 2)
    let rival = try await connect(to: relay, as: "receiver", protocol: 2)
    await #expect(throws: TransportClosure.self) { _ = try await rival.receive() }
    let sender = try await connect(to: relay, as: "sender", protocol: 2)
    #expect(try await sender.receive() == .text(#"{"type":"ready"}"#))
    try await sender.send(.text("first"))
    #expect(try await receiver.receive() == .text("first"))
  }

  private func errorCode(_ message: TransportMessage?) -> String? {
    guard case .text(let text)? = message, text.hasPrefix(#"{"type":"error","code":""#) else { return nil }
    return text.split(separator: "\"").dropFirst(7).first.map(String.init)
  }

  private final class Counter: Sendable {
    let value = Mutex(0)
  }

  private func open(_ relay: InMemoryRelay) async throws -> any TransportConnection {
    try await InMemoryTransport(relay: relay).connect(
      to: Endpoint(scheme: "memory", address: "relay"), options: TransportOptions())
  }

  private func connect(
    to relay: InMemoryRelay, as role: String, code: String = "aa", protocol number: Int = 1
  ) async throws -> any TransportConnection {
    let connection = try await open(relay)
    let fields = #""code_hash_hex":"\#(code)","role":"\#(role)","protocol":\#(number)"#
    try await connection.send(.text(#"{"type":"hello",\#(fields)}"#))
    return connection
  }
}
