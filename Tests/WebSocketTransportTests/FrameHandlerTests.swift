import NIOCore
import NIOEmbedded
import P2PCopyCore
import Synchronization
import Testing
import WebSocketFraming
import WebSocketTransport

/// The handler alone, on a channel without a socket and a clock that is turned by hand. On the main actor, since an
/// embedded channel belongs to the thread that made it.
@MainActor @Suite struct FrameHandlerTests {
  /// Counts how often the socket is asked to read, and can hold writes back.
  private final class Socket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var readCount = 0
    var isStuck = false

    func read(context: ChannelHandlerContext) {
      readCount += 1
      context.read()
    }

    func flush(context: ChannelHandlerContext) {
      if !isStuck { context.flush() }
    }
  }

  private struct Rig {
    let channel = EmbeddedChannel()
    let handler: FrameHandler
    let socket = Socket()

    init(options: TransportOptions = TransportOptions()) throws {
      handler = FrameHandler(address: try RelayAddress("ws://127.0.0.1:8765"), options: options)
      try channel.pipeline.syncOperations.addHandlers(socket, handler)
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 8765), promise: nil)
    }

    func receive(_ frames: Frame...) throws {
      try channel.writeInbound(ByteBuffer(bytes: frames.flatMap(\.encoded)))
    }

    func sent() throws -> [Frame] {
      var reader = ClientFrameReader()
      while let buffer = try channel.readOutbound(as: ByteBuffer.self) { reader.append(buffer) }
      var frames: [Frame] = []
      while let frame = try reader.next() { frames.append(frame) }
      return frames
    }

    func send(_ message: consuming TransportMessage) throws {
      if try handler.outbound.enqueue(OutboundFrame(message)).needsFlush { handler.writeQueued() }
    }
  }

  private func next(_ rig: Rig) async throws -> TransportMessage? {
    let inbound = rig.handler.inbound
    return try await inbound.receive {}
  }

  private func code(_ queue: InboundQueue) async -> P2PCopyError.Code? {
    do {
      _ = try await queue.receive {}
      return nil
    } catch {
      return (error as? P2PCopyError)?.code
    }
  }

  @Test func answersAPingInTheMiddleOfAMessage() async throws {
    let rig = try Rig()
    try rig.receive(.text("one ", isFinal: false), .ping("42"), .continuation(Array("two".utf8)))
    #expect(try rig.sent() == [.pong("42")])
    #expect(try await next(rig) == .text("one two"))
  }

  @Test func aFloodOfPingsIsAnsweredOnceInAWhile() throws {
    let rig = try Rig()
    rig.socket.isStuck = true
    for number in 0..<1000 { try rig.receive(.ping("\(number)")) }
    rig.socket.isStuck = false
    rig.channel.flush()
    rig.channel.embeddedEventLoop.run()
    #expect(try rig.sent() == [.pong("0"), .pong("999")])
  }

  @Test func aCloseIsPassedOnAndNotAnswered() async throws {
    let rig = try Rig()
    try rig.receive(.text("last"), .close(1000), .text("nobody hears that"))
    #expect(try rig.sent().isEmpty)
    #expect(rig.channel.isActive)
    #expect(try await next(rig) == .text("last"))
    #expect(try await next(rig) == nil)
    #expect(throws: TransportClosure.normal) { try rig.send(.text("too late")) }
  }

  @Test func theLossOfTheConnectionComesAfterTheMessages() async throws {
    let rig = try Rig()
    try rig.receive(.text("last"), .text("cut", isFinal: false))
    rig.channel.close(promise: nil)
    #expect(try await next(rig) == .text("last"))
    #expect(await code(rig.handler.inbound) == .peerLeft)
  }

  private nonisolated static let brokenRules: [(Frame, UInt16)] = [
    (Frame(opcode: .continuation, payload: [1]), 1002),
    (Frame(opcode: .text, payload: [0xC0, 0x80]), 1007),
    (Frame.binary([UInt8](repeating: 0, count: 1001)), 1009),
    (Frame(opcode: .close, payload: [1]), 1002),
  ]

  @Test(arguments: brokenRules)
  func brokenRulesAreNamedAndEndTheConnection(frame: Frame, status: UInt16) async throws {
    var options = TransportOptions()
    options.maximumMessageByteCount = 1000
    let rig = try Rig(options: options)
    try rig.receive(.text("before"), frame, .text("after"))
    let sent = try rig.sent()
    #expect(sent.count == 1)
    #expect(sent.first?.opcode == .close)
    #expect(sent.first.map { Array($0.payload.prefix(2)) } == [UInt8(status >> 8), UInt8(status & 0xFF)])
    #expect(!rig.channel.isActive)
    #expect(try await next(rig) == .text("before"))
    #expect(await code(rig.handler.inbound) == .protocolViolation)
  }

  @Test func readingStopsWhenNobodyReceives() async throws {
    let rig = try Rig()
    let megabyte = Frame.binary([UInt8](repeating: 1, count: 1 << 20))
    for _ in 0..<4 {
      rig.channel.pipeline.read()
      try rig.receive(megabyte)
    }
    #expect(rig.socket.readCount == 4)
    rig.channel.pipeline.read()
    #expect(rig.socket.readCount == 4, "more than 4 MiB is queued")
    let isResumed = Mutex(false)
    let inbound = rig.handler.inbound
    for _ in 0..<3 { _ = try await inbound.receive { isResumed.withLock { $0 = true } } }
    #expect(isResumed.withLock { $0 })
    rig.handler.resumeReading()
    rig.handler.resumeReading()
    #expect(rig.socket.readCount == 5)
  }

  @Test func messagesGoOutMaskedAndInOrder() throws {
    let rig = try Rig()
    let large = [UInt8](repeating: 5, count: 100_000)
    try rig.send(.text("hello"))
    try rig.send(.binary(ByteBuffer(bytes: large)))
    try rig.send(.binary(ByteBuffer()))
    #expect(try rig.sent() == [.text("hello"), .binary(large), .binary([])])
    #expect(!rig.handler.outbound.isPending)
  }

  @Test func writtenBuffersAreUsedAgain() throws {
    let rig = try Rig()
    func memory(_ buffer: ByteBuffer) -> Int { buffer.withVeryUnsafeBytes { Int(bitPattern: $0.baseAddress) } }
    func send() throws -> Int {
      var buffer = rig.handler.buffers.take()
      buffer.writeRepeatingByte(1, count: 100_000)
      let address = memory(buffer)
      try rig.send(.binary(consume buffer))
      // The embedded channel keeps what was written until it is asked for it; a socket does not.
      _ = try rig.sent()
      return address
    }
    let first = try send()
    let again = rig.handler.buffers.take()
    #expect(memory(again) == first)
  }

  // MARK: Keepalive

  private func advance(_ rig: Rig, _ count: Int = 1) {
    for _ in 0..<count { rig.channel.embeddedEventLoop.advanceTime(by: .seconds(20)) }
  }

  @Test func aSilentRelayIsProbedAndGivenUp() async throws {
    let rig = try Rig()
    advance(rig)
    #expect(try rig.sent().isEmpty)
    for _ in 0..<3 {
      advance(rig)
      #expect(try rig.sent() == [.ping("")])
    }
    advance(rig)
    #expect(!rig.channel.isActive)
    #expect(await code(rig.handler.inbound) == .peerLeft)
    #expect(throws: P2PCopyError.self) { try rig.send(.text("too late")) }
  }

  @Test func aPongKeepsTheConnection() throws {
    let rig = try Rig()
    for _ in 0..<20 {
      advance(rig, 3)
      try rig.receive(.pong(""))
    }
    #expect(rig.channel.isActive)
  }

  @Test func aReceiverThatTakesItsTimeIsNoSilence() throws {
    let rig = try Rig()
    try rig.receive(.binary([UInt8](repeating: 1, count: 2 << 20)), .binary([UInt8](repeating: 1, count: 2 << 20)))
    rig.channel.pipeline.read()
    advance(rig, 20)
    #expect(rig.channel.isActive)
    #expect(try rig.sent().isEmpty)
  }

  @Test func bytesThatAreStuckAreNoSilence() throws {
    let rig = try Rig()
    rig.socket.isStuck = true
    try rig.send(.text("stuck"))
    advance(rig, 20)
    #expect(rig.channel.isActive)
    rig.socket.isStuck = false
    rig.channel.flush()
    advance(rig)
    #expect(!rig.channel.isActive)
  }

  @Test func theOtherSidesCloseLeavesTimeToDecide() throws {
    let rig = try Rig()
    try rig.receive(.close(1000))
    advance(rig, 50)
    #expect(rig.channel.isActive)
    #expect(rig.handler.outbound.enqueueClose(OutboundFrame(closing: .normal)))
    rig.handler.writeQueued()
    #expect(try rig.sent().last == .close(1000))
  }
}
