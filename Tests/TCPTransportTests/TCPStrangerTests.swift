import NIOCore
import NIOPosix
import P2PCopyCore
import TCPTransport
import Testing

/// Somebody who connects to a listener and does not keep to the rules.
@Suite(.timeLimit(.minutes(2))) struct TCPStrangerTests {
  private func listen() async throws -> any TransportListener {
    try await TCPTransport().listen(at: Endpoint(scheme: "tcp", address: "127.0.0.1:0"), options: TransportOptions())
  }

  private func connect(to listener: any TransportListener) async throws -> any Channel {
    let port = try #require(listener.endpoint.address.split(separator: ":").last.flatMap { Int($0) })
    return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port).get()
  }

  private func code(_ connection: any TransportConnection) async -> P2PCopyError.Code? {
    do {
      while try await connection.receive() != nil {}
      return nil
    } catch {
      return (error as? P2PCopyError)?.code
    }
  }

  @Test(
    "Who breaks the rules is closed",
    arguments: [
      "GET / HTTP/1.1\r\n\r\n", "\u{2}\u{7F}\u{7F}\u{7F}\u{7F}", "\u{1}\u{0}\u{0}\u{0}\u{2}\u{1F}\u{1F}\u{7}",
    ])
  func whoBreaksTheRulesIsClosed(text: String) async throws {
    let listener = try await listen()
    let stranger = try await connect(to: listener)
    let accepted = try await listener.accept()
    try await stranger.writeAndFlush(ByteBuffer(string: text))
    #expect(await code(accepted) == .protocolViolation)
    // The other end is closed, too.
    try await stranger.closeFuture.get()
    await #expect(throws: P2PCopyError.self) { try await accepted.send(.text("x")) }
  }

  @Test("Who leaves in the middle of a message has left")
  func whoLeavesInTheMiddleOfAMessageHasLeft() async throws {
    let listener = try await listen()
    let stranger = try await connect(to: listener)
    let accepted = try await listener.accept()
    try await stranger.writeAndFlush(ByteBuffer(bytes: [1, 0, 0, 0, 9] + Array("half".utf8)))
    try await stranger.close()
    #expect(await code(accepted) == .peerLeft)
  }

  @Test("Who nobody holds is closed")
  func whoNobodyHoldsIsClosed() async throws {
    let listener = try await listen()
    let stranger = try await connect(to: listener)
    try await listener.accept().send(.text("last words"))
    try await stranger.closeFuture.get()
  }

  @Test("A listener that nobody holds is closed")
  func aListenerThatNobodyHoldsIsClosed() async throws {
    let endpoint = try await listen().endpoint
    await #expect(throws: P2PCopyError.self) {
      while true {
        try await TCPTransport().connect(to: endpoint, options: TransportOptions()).abort()
        await Task.yield()
      }
    }
  }

  @Test("Who takes nothing makes the sender wait")
  func whoTakesNothingMakesTheSenderWait() async throws {
    let listener = try await listen()
    let stranger = try await connect(to: listener)
    try await stranger.setOption(.autoRead, value: false).get()
    let accepted = try await listener.accept()
    let task = Task {
      for _ in 0..<1000 { try await accepted.send(.binary(ByteBuffer(repeating: 1, count: 1 << 20))) }
    }
    // It cannot end by itself: a thousand megabytes fit nowhere. Cancelled, it says so.
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    accepted.abort()
    try await stranger.close()
  }
}
