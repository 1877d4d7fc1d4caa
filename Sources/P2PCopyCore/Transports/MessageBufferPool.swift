public import NIOCore
import Synchronization

/// A few reusable message buffers of one connection.
///
/// A fresh 1 MiB allocation costs more in page faults than encrypting it does, so buffers that have been written or
/// used up come back here. The pool keeps a few of them and never waits: when it is empty it makes a
/// new one, since how many are in flight is bounded by the connection's back-pressure.
public final class MessageBufferPool: Sendable {
  /// Bytes left free in front of the message, so that a transport's frame header goes there without a copy.
  public static let headroom = 16

  /// What holds a chunk of 1 MiB with its header, tag and compression overhead.
  package static let defaultCapacity = (1 << 20) + (16 << 10)

  /// How many unused buffers are kept.
  package let maximumCount: Int

  /// The capacity in bytes that a new buffer gets, without the headroom.
  package let capacity: Int

  private let unused = Mutex<[ByteBuffer]>([])

  /// Creates a pool. The default capacity holds a chunk of 1 MiB with its header, tag and compression overhead.
  public init(maximumCount: Int = 8, capacity: Int = (1 << 20) + (16 << 10)) {
    self.maximumCount = maximumCount
    self.capacity = capacity
  }

  /// An empty buffer whose reader and writer index stand behind the headroom.
  public func take() -> ByteBuffer {
    var buffer =
      unused.withLock { $0.popLast() } ?? ByteBufferAllocator().buffer(capacity: capacity + Self.headroom)
    buffer.clear()
    buffer.moveWriterIndex(to: Self.headroom)
    buffer.moveReaderIndex(to: Self.headroom)
    return buffer
  }

  /// Gives a buffer back. Small ones, odd ones and surplus ones are let go.
  public func recycle(_ buffer: consuming ByteBuffer) {
    let buffer = buffer
    guard buffer.storageCapacity >= capacity, buffer.storageCapacity <= 4 * capacity else { return }
    unused.withLock { unused in
      if unused.count < maximumCount { unused.append(buffer) }
    }
  }
}
