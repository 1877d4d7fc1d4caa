import P2PCopyTransfer
import Synchronization
import Testing

@Suite("Queues, locks and turnstiles")
struct WorkerTests {
  private struct Stop: Error {}

  /// A value that several tasks change.
  private final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>
    init(_ value: Value) { mutex = Mutex(value) }
    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
      mutex.withLock { value in
        var copy = value
        defer { value = copy }
        return body(&copy)
      }
    }
  }

  @Test("A queue gives back what was put in, in order, and ends")
  func order() async throws {
    let queue = BoundedQueue<Int>(limit: 3)
    async let filling: Void = {
      for number in 0..<1000 { try await queue.put(number) }
      queue.finish()
    }()
    var taken: [Int] = []
    while let number = try await queue.next() { taken.append(number) }
    try await filling
    #expect(taken == Array(0..<1000))
    #expect(try await queue.next() == nil)
  }

  @Test("A full queue holds back who fills it, counted by cost")
  func backPressure() async throws {
    let queue = BoundedQueue<Int>(limit: 10)
    let count = Shared(0)
    let filling = Task {
      for number in 0..<100 {
        try await queue.put(number, cost: 5)
        count.withLock { $0 += 1 }
      }
    }
    // Everything that can happen without anybody taking has happened after enough turns.
    for _ in 0..<1000 { await Task.yield() }
    #expect(count.withLock { $0 } <= 2)
    for number in 0..<100 { #expect(try await queue.next() == number) }
    try await filling.value
  }

  @Test("An element larger than the limit still fits into an empty queue")
  func largeElement() async throws {
    let queue = BoundedQueue<Int>(limit: 1)
    try await queue.put(7, cost: 1000)
    #expect(try queue.nextIfAny() == 7)
    #expect(try queue.nextIfAny() == nil)
  }

  @Test("A failure reaches those who wait on either side")
  func failure() async {
    let empty = BoundedQueue<Int>(limit: 1)
    let full = BoundedQueue<Int>(limit: 1)
    let taking = Task { try await empty.next() }
    let filling = Task {
      try await full.put(1)
      try await full.put(2)
    }
    for _ in 0..<100 { await Task.yield() }
    empty.fail(Stop())
    full.fail(Stop())
    await #expect(throws: Stop.self) { try await taking.value }
    await #expect(throws: Stop.self) { try await filling.value }
    await #expect(throws: Stop.self) { try await empty.put(1) }
    #expect(throws: Stop.self) { try full.nextIfAny() }
  }

  @Test("Cancelling whoever waits ends the queue")
  func cancellation() async {
    let queue = BoundedQueue<Int>(limit: 1)
    let taking = Task { try await queue.next() }
    for _ in 0..<100 { await Task.yield() }
    taking.cancel()
    await #expect(throws: CancellationError.self) { try await taking.value }
    await #expect(throws: CancellationError.self) { try await queue.put(1) }
  }

  @Test("One task at a time holds a lock")
  func lock() async {
    let lock = AsyncLock()
    let inside = Shared(0)
    let greatest = Shared(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          for _ in 0..<20 {
            await lock.acquire()
            let count = inside.withLock { count in
              count += 1
              return count
            }
            greatest.withLock { $0 = max($0, count) }
            await Task.yield()
            inside.withLock { $0 -= 1 }
            lock.release()
          }
        }
      }
    }
    #expect(greatest.withLock { $0 } == 1)
    #expect(lock.tryAcquire())
    #expect(!lock.tryAcquire())
    lock.release()
    #expect(lock.tryAcquire())
  }

  @Test("Tasks pass a turnstile by number, whatever order they come in")
  func turnstile() async {
    let turnstile = Turnstile()
    let order = Shared([Int]())
    await withTaskGroup(of: Void.self) { group in
      for number in (0..<100).shuffled() {
        group.addTask {
          let isItsTurn = await turnstile.pass(number)
          #expect(isItsTurn)
          order.withLock { $0.append(number) }
          turnstile.advance()
        }
      }
    }
    #expect(order.withLock { $0 } == Array(0..<100))
  }
}
