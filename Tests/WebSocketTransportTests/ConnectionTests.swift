import NIOCore
import P2PCopyCore
import TestSupport
import Testing
import WebSocketFraming
import WebSocketTransport

/// A connection over a real socket, against a server that a test scripts.
@Suite struct ConnectionTests {
  private typealias Connection = any TransportConnection

  private func connect(_ options: TransportOptions = TransportOptions()) async throws -> (Connection, ServerPeer) {
    let server = try await TestServer.start()
    let connection = try await WebSocketClientTransport().connect(to: .loopback(server.port), options: options)
    return (connection, try await server.accept())
  }

  private func code(_ body: () async throws -> Void) async -> P2PCopyError.Code? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? P2PCopyError)?.code
    }
  }

  // MARK: Messages

  @Test("Every size both ways", arguments: [0, 1, 125, 126, 65_535, 65_536, (1 << 20) + 40, 2 << 20])
  func everySizeBothWays(count: Int) async throws {
    let (connection, peer) = try await connect()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 5 &+ $0 >> 8) }
    var buffer = connection.buffers.take()
    buffer.writeBytes(bytes)
    try await connection.send(.binary(consume buffer))
    #expect(await peer.next() == .binary(bytes))
    try await peer.send(.binary(bytes))
    #expect(try await connection.receive() == .binary(ByteBuffer(bytes: bytes)))
  }

  @Test("Fragments with a ping between")
  func fragmentsWithAPingBetween() async throws {
    let (connection, peer) = try await connect()
    try await peer.send(.text("one ", isFinal: false), .ping("p"), .continuation(Array("two".utf8)))
    #expect(try await connection.receive() == .text("one two"))
    #expect(await peer.next() == .pong("p"))
  }

  @Test("A burst arrives in order")
  func aBurstArrivesInOrder() async throws {
    let (connection, peer) = try await connect()
    for number in 0..<5000 { try await connection.send(.text("\(number)")) }
    for number in 0..<5000 { #expect(await peer.next() == .text("\(number)")) }
  }

  @Test("More than the queues hold passes both ways")
  func moreThanTheQueuesHoldPassesBothWays() async throws {
    let (connection, peer) = try await connect()
    let bytes = [UInt8](repeating: 7, count: 1 << 20)
    async let sent: Void = {
      for _ in 0..<40 { try await connection.send(.binary(ByteBuffer(bytes: bytes))) }
    }()
    async let served: Void = {
      for _ in 0..<40 { try await peer.send(.binary(bytes)) }
    }()
    for _ in 0..<40 {
      guard case .binary(let buffer) = try await connection.receive() else { break }
      #expect(buffer.readableBytes == bytes.count)
      connection.buffers.recycle(buffer)
    }
    for _ in 0..<40 { #expect(await peer.next()?.payload.count == bytes.count) }
    try await sent
    try await served
  }

  /// No copy on the way out, and the memory comes back: the next message is written where the last one was.
  @Test("A written buffer is used again")
  func aWrittenBufferIsUsedAgain() async throws {
    let (connection, peer) = try await connect()
    func memory(_ buffer: ByteBuffer) -> Int { buffer.withVeryUnsafeBytes { Int(bitPattern: $0.baseAddress) } }
    var addresses: Set<Int> = []
    for _ in 0..<20 {
      var buffer = connection.buffers.take()
      addresses.insert(memory(buffer))
      buffer.writeRepeatingByte(1, count: 1 << 20)
      try await connection.send(.binary(consume buffer))
      #expect(await peer.next()?.payload.count == 1 << 20)
      try await peer.send(.text("got it"))
      #expect(try await connection.receive() == .text("got it"))
    }
    #expect(addresses.count <= 3)
  }

  // MARK: The other side's end

  @Test("A normal close comes after the messages")
  func aNormalCloseComesAfterTheMessages() async throws {
    let (connection, peer) = try await connect()
    try await peer.send(.text("a"), .binary([1]), .close(1000, "bye"))
    #expect(try await connection.receive() == .text("a"))
    #expect(try await connection.receive() == .binary(ByteBuffer(bytes: [1])))
    #expect(try await connection.receive() == nil)
    #expect(try await connection.receive() == nil)
    // Nothing was answered so far: the first thing the server hears is our own word.
    let answer = try await connection.finish(TransportClosure(.failed(.receiver), text: "mine"))
    #expect(answer == TransportClosure(.normal, text: "bye"))
    #expect(await peer.next() == .close(4001, "mine"))
    #expect(await peer.next() == nil)
  }

  @Test("A close without status is normal")
  func aCloseWithoutStatusIsNormal() async throws {
    let (connection, peer) = try await connect()
    try await peer.send(Frame(opcode: .close))
    #expect(try await connection.receive() == nil)
    #expect(try await connection.finish(.normal).isNormal)
    #expect(await peer.next() == .close(1000))
  }

  @Test("Another status is thrown")
  func anotherStatusIsThrown() async throws {
    let (connection, peer) = try await connect()
    let closure = TransportClosure(.unavailable, text: "Duplicate role for code")
    try await peer.send(.text("a"), .close(1013, closure.text))
    #expect(try await connection.receive() == .text("a"))
    await #expect(throws: closure) { try await connection.receive() }
    await #expect(throws: closure) { try await connection.send(.text("too late")) }
    #expect(try await connection.finish(.normal) == closure)
  }

  @Test("A lost connection comes after the messages")
  func aLostConnectionComesAfterTheMessages() async throws {
    let (connection, peer) = try await connect()
    try await peer.send(.text("a"), .text("cut", isFinal: false))
    try await peer.close()
    #expect(try await connection.receive() == .text("a"))
    #expect(await code { _ = try await connection.receive() } == .peerLeft)
    #expect(await code { try await connection.send(.text("x")) } == .peerLeft)
    #expect(await code { _ = try await connection.finish(.normal) } == .peerLeft)
  }

  @Test("A waiting receiver hears of the loss")
  func aWaitingReceiverHearsOfTheLoss() async throws {
    let (connection, peer) = try await connect()
    let receiver = Task { try await connection.receive() }
    try await peer.close()
    #expect(await code { _ = try await receiver.value } == .peerLeft)
  }

  @Test(
    "Broken rules end the connection",
    arguments: [
      Frame(opcode: .continuation, payload: [1]), Frame(opcode: .text, payload: [0xFF]),
    ]) func brokenRulesEndTheConnection(frame: Frame) async throws
  {
    let (connection, peer) = try await connect()
    try await peer.send(.text("a"), frame)
    #expect(try await connection.receive() == .text("a"))
    #expect(await code { _ = try await connection.receive() } == .protocolViolation)
    #expect(await peer.next()?.opcode == .close)
    #expect(await peer.next() == nil)
  }

  @Test("An oversized message is refused")
  func anOversizedMessageIsRefused() async throws {
    var options = TransportOptions()
    options.maximumMessageByteCount = 1000
    let (connection, peer) = try await connect(options)
    try await peer.send(.binary([UInt8](repeating: 0, count: 1001)))
    #expect(await code { _ = try await connection.receive() } == .protocolViolation)
    #expect(await peer.next()?.payload.prefix(2) == [0x03, 0xF1], "1009")
  }

  // MARK: Our own end

  @Test("Finish waits for the other side")
  func finishWaitsForTheOtherSide() async throws {
    let (connection, peer) = try await connect()
    try await connection.send(.binary(ByteBuffer(repeating: 1, count: 3 << 20)))
    let finish = Task { try await connection.finish(.normal) }
    #expect(await peer.next()?.payload.count == 3 << 20)
    #expect(await peer.next() == .close(1000))
    // It goes on reading meanwhile, answers pings and throws messages away.
    for _ in 0..<10 { try await peer.send(.binary([UInt8](repeating: 2, count: 1 << 20))) }
    try await peer.send(.ping("still there"))
    #expect(await peer.next() == .pong("still there"))
    try await peer.send(.close(4001, "not all of it"))
    #expect(try await finish.value == TransportClosure(.failed(.receiver), text: "not all of it"))
    #expect(await peer.next() == nil)
  }

  @Test("Finish fails when the other side is just gone")
  func finishFailsWhenTheOtherSideIsJustGone() async throws {
    let (connection, peer) = try await connect()
    let finish = Task { try await connection.finish(.normal) }
    #expect(await peer.next() == .close(1000))
    try await peer.close()
    #expect(await code { _ = try await finish.value } == .peerLeft)
  }

  @Test("Nothing can be sent after finish")
  func nothingCanBeSentAfterFinish() async throws {
    let (connection, peer) = try await connect()
    try await peer.send(.close(1000))
    _ = try await connection.finish(.normal)
    #expect(await code { try await connection.send(.text("x")) } != nil)
  }

  @Test("Abort ends everything")
  func abortEndsEverything() async throws {
    let (connection, peer) = try await connect()
    let receiver = Task { try await connection.receive() }
    connection.abort()
    connection.abort()
    #expect(await code { _ = try await receiver.value } == .cancelled)
    #expect(await code { try await connection.send(.text("x")) } == .cancelled)
    #expect(await code { _ = try await connection.finish(.normal) } == .cancelled)
    #expect(await peer.next() == nil)
  }

  @Test("A dropped connection is closed")
  func aDroppedConnectionIsClosed() async throws {
    func open() async throws -> ServerPeer {
      let (connection, peer) = try await connect()
      try await connection.send(.text("hello"))
      #expect(await peer.next() == .text("hello"))
      return peer
    }
    let peer = try await open()
    #expect(await peer.next() == nil)
  }

  // MARK: Cancellation

  @Test("A cancelled receive leaves the connection good for finishing")
  func aCancelledReceiveLeavesTheConnectionGoodForFinishing() async throws {
    let (connection, peer) = try await connect()
    let task = Task { try await connection.receive() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let farewell = Task { try await connection.finish(TransportClosure(.failed(.receiver), text: "cancelled")) }
    #expect(await peer.next() == .close(4001, "cancelled"))
    connection.abort()
    _ = await farewell.result
  }

  @Test("Finishing can be cancelled")
  func finishingCanBeCancelled() async throws {
    let (connection, peer) = try await connect()
    let task = Task { try await connection.finish(.normal) }
    #expect(await peer.next() == .close(1000))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(await peer.next() == nil)
  }

  @Test("A cancelled send leaves the connection good for finishing")
  func aCancelledSendLeavesTheConnectionGoodForFinishing() async throws {
    let (connection, peer) = try await connect()
    // The server stops reading, so the sender has to wait sooner or later.
    try await peer.channel.setOption(.autoRead, value: false).get()
    let (started, continuation) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      for number in 0... {
        if number == 4 { continuation.finish() }
        try await connection.send(.binary(ByteBuffer(repeating: 1, count: 1 << 20)))
      }
    }
    for await _ in started {}
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let farewell = Task { try await connection.finish(TransportClosure(.failed(.sender), text: "cancelled")) }
    try await peer.channel.setOption(.autoRead, value: true).get()
    var isTold = false
    while !isTold, let event = await peer.next() { isTold = event == .close(4003, "cancelled") }
    #expect(isTold)
    connection.abort()
    _ = await farewell.result
  }
}
