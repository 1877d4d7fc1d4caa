import NIOCore
import P2PCopyCore

/// What has to hold for two connections that lead to each other, however they were made. Here, what concerns messages.
struct PairConformance: Sendable {
  typealias Connection = any TransportConnection
  typealias MakePair =
    @Sendable (TransportOptions, TransportOptions) async throws -> (
      first: Connection, second: Connection
    )

  let options: TransportOptions
  let report: ConformanceReport
  let makePair: MakePair

  func check() async {
    await checkSizes()
    await checkOrder()
    await checkSharedBuffers()
    await checkBulk()
    await checkSizeLimit()
    await checkNormalEnd()
    await checkEndWithStatus()
    await checkEndOfBothAtOnce()
    await checkAbort()
    await checkLostEnd()
    await checkCancellation()
    await checkCancellationOfSend()
  }

  func checkSizes() async {
    let sizes = [0, 1, 125, 126, 127, 65_535, 65_536, (1 << 20) + 40, options.maximumMessageByteCount]
    await withPair("messages of all sizes") { sender, receiver in
      for (origin, target) in [(sender, receiver), (receiver, sender)] {
        for size in sizes where size <= options.maximumMessageByteCount {
          let text = TransportMessage.text(String(decoding: SampleData.text(size), as: UTF8.self))
          for message in [text, .binary(buffer(SampleData.random(size), for: origin))] {
            let received = try await pass(message, from: origin, to: target)
            report.require(received == message, "a message of \(size) bytes came changed or not at all")
          }
        }
        let text = TransportMessage.text("naïve – 標準 – 🔑 \u{0} \u{10FFFF}")
        let received = try await pass(text, from: origin, to: target)
        report.require(received == text, "text beyond ASCII came changed")
      }
    }
  }

  func checkOrder() async {
    let messages = (0..<2000).map { number -> TransportMessage in
      number.isMultiple(of: 3)
        ? .text("message \(number)") : .binary(ByteBuffer(bytes: SampleData.random(number, seed: UInt64(number))))
    }
    await withPair("many messages") { sender, receiver in
      try await together(
        { for message in messages { try await sender.send(message) } },
        { for message in messages { try await receiver.send(message) } },
        { try await expect(messages, at: sender) },
        { try await expect(messages, at: receiver) })
    }
  }

  /// A transport that masks or frames in place must not touch what somebody else still holds.
  func checkSharedBuffers() async {
    await withPair("shared buffers") { sender, receiver in
      let bytes = SampleData.random(50_000)
      var bare = ByteBuffer(bytes: bytes)
      let held = buffer(bytes, for: sender)
      for copy in [held, bare, held] {
        let received = try await pass(.binary(copy), from: sender, to: receiver)
        report.require(received == .binary(ByteBuffer(bytes: bytes)), "a shared buffer came changed")
        report.require(copy.readableBytesView.elementsEqual(bytes), "sending changed a buffer that was shared")
      }
      bare.moveReaderIndex(forwardBy: 1000)
      let received = try await pass(.binary(bare), from: sender, to: receiver)
      report.require(received == .binary(ByteBuffer(bytes: bytes[1000...])), "the rest of a buffer came changed")
    }
  }

  func checkBulk() async {
    await withPair("much data both ways") { sender, receiver in
      let chunks = (0..<4).map { SampleData.random(SampleData.chunkByteCount + 56, seed: UInt64(30 + $0)) }
      let send: @Sendable (Connection) async throws -> Void = { connection in
        for number in 0..<32 {
          try await connection.send(.binary(buffer(chunks[number % chunks.count], for: connection)))
        }
      }
      let receive: @Sendable (Connection) async throws -> Void = { connection in
        for number in 0..<32 {
          guard case .binary(let buffer) = try await connection.receive(),
            buffer.readableBytesView.elementsEqual(chunks[number % chunks.count])
          else {
            report.fail("chunk \(number) came changed or not at all")
            return
          }
          connection.buffers.recycle(buffer)
        }
      }
      try await together(
        { try await send(sender) }, { try await send(receiver) }, { try await receive(sender) },
        { try await receive(receiver) })
    }
  }

  func checkSizeLimit() async {
    var narrow = options
    narrow.maximumMessageByteCount = 5000
    await withPair("the size limit", receiverOptions: narrow) { sender, receiver in
      let largest = TransportMessage.binary(buffer(SampleData.random(5000), for: sender))
      report.require(
        try await pass(largest, from: sender, to: receiver) == largest, "the largest message allowed came changed")
      try await sender.send(.binary(buffer(SampleData.random(5001), for: sender)))
      await requireFailure("receiving a message beyond the limit") { _ = try await receiver.receive() }
    }
  }

  // MARK: - Helpers

  /// Runs a part with two fresh connections that lead to each other.
  func withPair(
    _ name: String, receiverOptions: TransportOptions? = nil,
    _ body: @Sendable (_ sender: Connection, _ receiver: Connection) async throws -> Void
  ) async {
    await report.section(name) {
      let (sender, receiver) = try await makePair(options, receiverOptions ?? options)
      defer {
        sender.abort()
        receiver.abort()
      }
      try await body(sender, receiver)
    }
  }

  func buffer(_ bytes: [UInt8], for connection: Connection) -> ByteBuffer {
    var buffer = connection.buffers.take()
    buffer.writeBytes(bytes)
    return buffer
  }

  /// Sends one message and receives it on the other side at the same time, since `send` may have to wait for that.
  func pass(
    _ message: TransportMessage, from origin: Connection, to target: Connection
  ) async throws -> TransportMessage? {
    async let received = target.receive()
    try await origin.send(message)
    return try await received
  }

  func expect(_ messages: [TransportMessage], at connection: Connection) async throws {
    for (number, message) in messages.enumerated() {
      guard try await connection.receive() == message else {
        report.fail("message \(number) of \(messages.count) came changed, out of order or not at all")
        return
      }
    }
  }

  /// Runs everything at once. The first error cancels the rest and is thrown.
  func together(_ bodies: (@Sendable () async throws -> Void)...) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for body in bodies { group.addTask(operation: body) }
      // Not `waitForAll`, which would wait for the others before it throws.
      while try await group.next() != nil {}
    }
  }

  /// Requires that `body` throws, whatever it is.
  func requireFailure(_ what: String, _ body: () async throws -> Void) async {
    do {
      try await body()
      report.fail("\(what) did not throw")
    } catch {}
  }
}
