import NIOCore
import NIOEmbedded
import NIOTransportSupport
import P2PCopyCore
import Synchronization
import TestSupport
import Testing
import WebSocketFraming
import WebSocketTransport

/// The handler alone, on a channel without a socket and a clock that is turned by hand.
@Suite struct FrameHandlerTests {
  private func rig(_ options: TransportOptions = TransportOptions()) async throws -> HandlerRig {
    try await HandlerRig(options: options)
  }

  private func code(_ queue: InboundQueue) async -> P2PCopyError.Code? {
    do {
      _ = try await queue.receive {}
      return nil
    } catch {
      return (error as? P2PCopyError)?.code
    }
  }

  @Test("Answers a ping in the middle of a message")
  func answersAPingInTheMiddleOfAMessage() async throws {
    let rig = try await rig()
    try await rig.receive(.text("one ", isFinal: false), .ping("42"), .continuation(Array("two".utf8)))
    #expect(try await rig.sent() == [.pong("42")])
    #expect(try await rig.inbound.receive {} == .text("one two"))
  }

  @Test("A flood of pings is answered once in a while")
  func aFloodOfPingsIsAnsweredOnceInAWhile() async throws {
    let rig = try await rig()
    rig.socket.isStuck.withLock { $0 = true }
    for number in 0..<1000 { try await rig.receive(.ping("\(number)")) }
    try await rig.unstick()
    #expect(try await rig.sent() == [.pong("0"), .pong("999")])
  }

  @Test("A close is passed on and not answered")
  func aCloseIsPassedOnAndNotAnswered() async throws {
    let rig = try await rig()
    try await rig.receive(.text("last"), .close(1000), .text("nobody hears that"))
    #expect(try await rig.sent().isEmpty)
    #expect(rig.channel.isActive)
    #expect(try await rig.inbound.receive {} == .text("last"))
    #expect(try await rig.inbound.receive {} == nil)
    await #expect(throws: TransportClosure.normal) { try await rig.send(.text("too late")) }
  }

  @Test("The loss of the connection comes after the messages")
  func theLossOfTheConnectionComesAfterTheMessages()
    async throws
  {
    let rig = try await rig()
    try await rig.receive(.text("last"), .text("cut", isFinal: false))
    try await rig.channel.close()
    #expect(try await rig.inbound.receive {} == .text("last"))
    #expect(await code(rig.inbound) == .peerLeft)
  }

  private static let brokenRules: [(Frame, UInt16)] = [
    (Frame(opcode: .continuation, payload: [1]), 1002),
    (Frame(opcode: .text, payload: [0xC0, 0x80]), 1007),
    (Frame.binary([UInt8](repeating: 0, count: 1001)), 1009),
    (Frame(opcode: .close, payload: [1]), 1002),
  ]

  @Test("Broken rules are named and end the connection", arguments: brokenRules)
  func brokenRulesAreNamedAndEndTheConnection(frame: Frame, status: UInt16) async throws {
    var options = TransportOptions()
    options.maximumMessageByteCount = 1000
    let rig = try await rig(options)
    try await rig.receive(.text("before"), frame, .text("after"))
    let sent = try await rig.sent()
    #expect(sent.count == 1)
    #expect(sent.first?.opcode == .close)
    #expect(sent.first.map { Array($0.payload.prefix(2)) } == [UInt8(status >> 8), UInt8(status & 0xFF)])
    #expect(!rig.channel.isActive)
    #expect(try await rig.inbound.receive {} == .text("before"))
    #expect(await code(rig.inbound) == .protocolViolation)
  }

  @Test("Reading stops when nobody receives")
  func readingStopsWhenNobodyReceives() async throws {
    let rig = try await rig()
    let megabyte = Frame.binary([UInt8](repeating: 1, count: 1 << 20))
    for _ in 0..<4 {
      try await rig.run { _ in rig.channel.pipeline.read() }
      try await rig.receive(megabyte)
    }
    #expect(rig.socket.readCount.withLock { $0 } == 4)
    try await rig.run { _ in rig.channel.pipeline.read() }
    #expect(rig.socket.readCount.withLock { $0 } == 4, "more than 4 MiB is queued")
    let isResumed = Mutex(false)
    let inbound = rig.inbound
    for _ in 0..<3 { _ = try await inbound.receive { isResumed.withLock { $0 = true } } }
    #expect(isResumed.withLock { $0 })
    try await rig.run { $0.resumeReading() }
    try await rig.run { $0.resumeReading() }
    #expect(rig.socket.readCount.withLock { $0 } == 5)
  }

  @Test("Messages go out masked and in order")
  func messagesGoOutMaskedAndInOrder() async throws {
    let rig = try await rig()
    let large = [UInt8](repeating: 5, count: 100_000)
    try await rig.send(.text("hello"))
    try await rig.send(.binary(ByteBuffer(bytes: large)))
    try await rig.send(.binary(ByteBuffer()))
    #expect(try await rig.sent() == [.text("hello"), .binary(large), .binary([])])
    #expect(!rig.outbound.isPending)
  }

  @Test("Written buffers are used again")
  func writtenBuffersAreUsedAgain() async throws {
    let rig = try await rig()
    func memory(_ buffer: ByteBuffer) -> Int { buffer.withVeryUnsafeBytes { Int(bitPattern: $0.baseAddress) } }
    func send() async throws -> Int {
      var buffer = rig.buffers.take()
      buffer.writeRepeatingByte(1, count: 100_000)
      let address = memory(buffer)
      try await rig.send(.binary(consume buffer))
      // The testing channel keeps what was written until it is asked for it; a socket does not.
      _ = try await rig.sent()
      return address
    }
    let first = try await send()
    let again = rig.buffers.take()
    #expect(memory(again) == first)
  }

  // MARK: Keepalive

  private func advance(_ rig: HandlerRig, _ count: Int = 1) async {
    for _ in 0..<count { await rig.channel.testingEventLoop.advanceTime(by: .seconds(20)) }
  }

  @Test("A silent relay is probed and given up")
  func aSilentRelayIsProbedAndGivenUp() async throws {
    let rig = try await rig()
    await advance(rig)
    #expect(try await rig.sent().isEmpty)
    for _ in 0..<3 {
      await advance(rig)
      #expect(try await rig.sent() == [.ping("")])
    }
    await advance(rig)
    #expect(!rig.channel.isActive)
    #expect(await code(rig.inbound) == .peerLeft)
    await #expect(throws: P2PCopyError.self) { try await rig.send(.text("too late")) }
  }

  @Test("A pong keeps the connection")
  func aPongKeepsTheConnection() async throws {
    let rig = try await rig()
    for _ in 0..<20 {
      await advance(rig, 3)
      try await rig.receive(.pong(""))
    }
    #expect(rig.channel.isActive)
  }

  @Test("A receiver that takes its time is no silence")
  func aReceiverThatTakesItsTimeIsNoSilence() async throws {
    let rig = try await rig()
    try await rig.receive(
      .binary([UInt8](repeating: 1, count: 2 << 20)), .binary([UInt8](repeating: 1, count: 2 << 20)))
    try await rig.run { _ in rig.channel.pipeline.read() }
    await advance(rig, 20)
    #expect(rig.channel.isActive)
    #expect(try await rig.sent().isEmpty)
  }

  @Test("Bytes that are stuck get more time and not all the time there is")
  func bytesThatAreStuckGetMoreTimeAndNotAllTheTimeThereIs() async throws {
    let rig = try await rig()
    rig.socket.isStuck.withLock { $0 = true }
    try await rig.send(.text("stuck"))
    await advance(rig, 6)
    #expect(rig.channel.isActive)
    await advance(rig)
    #expect(!rig.channel.isActive)
    #expect(await code(rig.inbound) == .peerLeft)
    await #expect(throws: P2PCopyError.self) { try await rig.send(.text("too late")) }
  }

  @Test("Bytes that are taken one by one are no silence")
  func bytesThatAreTakenOneByOneAreNoSilence() async throws {
    let rig = try await rig()
    rig.socket.isStuck.withLock { $0 = true }
    for _ in 0..<5 {
      try await rig.send(.text("stuck"))
      await advance(rig, 5)
      try await rig.unstick()
      rig.socket.isStuck.withLock { $0 = true }
      try await rig.send(.text("again"))
      await advance(rig)
    }
    #expect(rig.channel.isActive)
  }

  @Test("The other side's close leaves time to decide")
  func theOtherSidesCloseLeavesTimeToDecide() async throws {
    let rig = try await rig()
    try await rig.receive(.close(1000))
    await advance(rig, 50)
    #expect(rig.channel.isActive)
    #expect(rig.outbound.enqueueClose(WebSocketFrames().frame(closing: .normal)))
    try await rig.run { $0.writeQueued() }
    #expect(try await rig.sent().last == .close(1000))
  }
}
