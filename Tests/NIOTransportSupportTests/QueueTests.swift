import NIOCore
import NIOTransportSupport
import P2PCopyCore
import Synchronization
import Testing

@Suite struct QueueTests {
  private let lost = P2PCopyError(.peerLeft, "lost")

  private func message(_ count: Int) -> TransportMessage {
    .binary(ByteBuffer(repeating: 7, count: count))
  }

  private func frame(_ count: Int) -> OutboundFrame {
    OutboundFrame(body: ByteBuffer(repeating: 7, count: count), headerByteCount: 14, isMessage: true) { header in
      header.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  private let close = OutboundFrame(body: ByteBuffer(), headerByteCount: 2, isMessage: false) { header in
    header.initializeMemory(as: UInt8.self, repeating: 0)
  }

  private func code(_ body: () async throws -> Void) async -> P2PCopyError.Code? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? P2PCopyError)?.code
    }
  }

  // MARK: Out

  @Test("A burst asks for one flush")
  func aBurstAsksForOneFlush() throws {
    let queue = OutboundQueue()
    #expect(try queue.enqueue(frame(10)).needsFlush)
    for _ in 0..<100 { #expect(try !queue.enqueue(frame(10)).needsFlush) }
    #expect(queue.takeBatch().count == 101)
    #expect(try queue.enqueue(frame(10)).needsFlush)
  }

  @Test("Is full above the limit until it is written")
  func isFullAboveTheLimitUntilItIsWritten() async throws {
    let queue = OutboundQueue()
    let buffers = MessageBufferPool()
    for _ in 0..<3 { #expect(try !queue.enqueue(frame(1 << 20)).isFull) }
    #expect(try !queue.enqueue(frame((1 << 20) - 100)).isFull)
    #expect(try queue.enqueue(frame(100)).isFull)
    #expect(queue.takeBatch().count == 5)
    #expect(try queue.enqueue(frame(1)).isFull, "what is in flight still counts")
    async let space: Void = queue.waitForSpace()
    queue.didWrite(1, recyclingInto: buffers)
    try await space
    #expect(try !queue.enqueue(frame(1)).isFull)
  }

  @Test("Drains when everything is written")
  func drainsWhenEverythingIsWritten() async throws {
    let queue = OutboundQueue()
    _ = try queue.enqueue(frame(1))
    _ = queue.enqueueClose(close)
    async let drained: Void = queue.waitUntilDrained()
    #expect(queue.takeBatch().count == 2)
    #expect(queue.isPending)
    queue.didWrite(2, recyclingInto: MessageBufferPool())
    try await drained
    #expect(!queue.isPending)
    queue.didWrite(1, recyclingInto: MessageBufferPool())
  }

  @Test("Nothing follows the close")
  func nothingFollowsTheClose() async {
    let queue = OutboundQueue()
    #expect(queue.enqueueClose(close))
    #expect(!queue.enqueueClose(close))
    #expect(await code { _ = try queue.enqueue(frame(1)) } == .internalError)
    #expect(queue.takeBatch().count == 1)
  }

  @Test("A waiting sender is told of the other side's close")
  func aWaitingSenderIsToldOfTheOtherSidesClose()
    async throws
  {
    let queue = OutboundQueue()
    let closure = TransportClosure(.failed(.receiver), text: "disk full")
    _ = try queue.enqueue(frame(5 << 20))
    let sender = Task { try await queue.waitForSpace() }
    queue.peerClosed(closure)
    await #expect(throws: closure) { try await sender.value }
    #expect(throws: closure) { try queue.enqueue(frame(1)) }
    #expect(!queue.enqueueClose(close), "the flush is already asked for")
    #expect(queue.takeBatch().count == 2, "our Close still goes out")
  }

  @Test("A failure ends every wait")
  func aFailureEndsEveryWait() async throws {
    let queue = OutboundQueue()
    _ = try queue.enqueue(frame(5 << 20))
    let sender = Task { try await queue.waitForSpace() }
    let drainer = Task { try await queue.waitUntilDrained() }
    queue.fail(lost)
    queue.fail(P2PCopyError(.internalError, "a second failure"))
    #expect(await code { try await sender.value } == .peerLeft)
    #expect(await code { try await drainer.value } == .peerLeft)
    #expect(await code { _ = try queue.enqueue(frame(1)) } == .peerLeft)
    #expect(await code { try await queue.waitForSpace() } == .peerLeft)
    #expect(await code { try await queue.waitUntilDrained() } == .peerLeft)
    #expect(queue.takeBatch().isEmpty)
  }

  @Test("Only our close may be lost")
  func onlyOurCloseMayBeLost() async throws {
    let queue = OutboundQueue()
    _ = queue.enqueueClose(close)
    queue.fail(lost)
    try await queue.waitUntilDrained()
  }

  // MARK: In

  @Test("Messages come in order and then the end")
  func messagesComeInOrderAndThenTheEnd() async throws {
    let queue = InboundQueue()
    let buffers = MessageBufferPool()
    for number in 0..<5 { queue.push(.text("\(number)"), recyclingInto: buffers) }
    queue.end(.closed(.normal))
    queue.end(.failed(lost))
    queue.push(.text("after the end"), recyclingInto: buffers)
    for number in 0..<5 { #expect(try await queue.receive {} == .text("\(number)")) }
    #expect(try await queue.receive {} == nil)
    #expect(try await queue.receive {} == nil)
  }

  @Test("Reading stops above the limit and goes on at half")
  func readingStopsAboveTheLimitAndGoesOnAtHalf()
    async throws
  {
    let queue = InboundQueue()
    let buffers = MessageBufferPool()
    #expect(queue.mayRead())
    for _ in 0..<4 {
      #expect(queue.mayRead())
      queue.push(message(1 << 20), recyclingInto: buffers)
    }
    #expect(!queue.mayRead())
    let resumed = Mutex<[Int]>([])
    for number in 0..<4 { _ = try await queue.receive { resumed.withLock { $0.append(number) } } }
    #expect(resumed.withLock { $0 } == [2], "at half, and once")
    #expect(queue.mayRead())
  }

  @Test("A flood of empty messages stops reading")
  func aFloodOfEmptyMessagesStopsReading() {
    let queue = InboundQueue()
    let buffers = MessageBufferPool()
    var count = 0
    while queue.mayRead(), count < 1_000_000 {
      queue.push(.text(""), recyclingInto: buffers)
      count += 1
    }
    #expect(count < 20_000)
  }

  @Test("Discarding empties the queue and waits for the end")
  func discardingEmptiesTheQueueAndWaitsForTheEnd()
    async throws
  {
    let queue = InboundQueue()
    let buffers = MessageBufferPool()
    for _ in 0..<5 { queue.push(message(1 << 20), recyclingInto: buffers) }
    #expect(!queue.mayRead())
    #expect(queue.startDiscarding())
    #expect(queue.mayRead())
    for _ in 0..<10 { queue.push(message(1 << 20), recyclingInto: buffers) }
    #expect(queue.mayRead())
    async let end = queue.waitForEnd()
    queue.end(.closed(TransportClosure(.failed(.receiver), text: "x")))
    guard case .closed(let closure) = await end else {
      Issue.record("not closed")
      return
    }
    #expect(closure.reason == .failed(.receiver))
  }

  @Test("A second receiver is a mistake not a leak")
  func aSecondReceiverIsAMistakeNotALeak() async throws {
    let queue = InboundQueue()
    let first = Task { try await queue.receive {} }
    let second = Task { try await queue.receive {} }
    var codes: [P2PCopyError.Code?] = []
    // One of the two waits, the other is refused; which one is up to the scheduler.
    await withTaskGroup(of: P2PCopyError.Code?.self) { group in
      group.addTask { await code { _ = try await first.value } }
      group.addTask { await code { _ = try await second.value } }
      codes.append(await group.next() ?? nil)
      queue.end(.failed(lost))
      codes.append(await group.next() ?? nil)
    }
    #expect(codes == [.internalError, .peerLeft])
  }

  @Test("Abort drops what is queued")
  func abortDropsWhatIsQueued() async {
    let queue = InboundQueue()
    queue.push(.text("dropped"), recyclingInto: MessageBufferPool())
    queue.abort(P2PCopyError(.cancelled, "aborted"))
    #expect(await code { _ = try await queue.receive {} } == .cancelled)
  }
}
