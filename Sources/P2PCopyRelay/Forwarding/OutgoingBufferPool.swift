import NIOCore

/// The buffers that carry what one peer sends to the other, used again when they have been written.
///
/// A fresh large buffer for every read costs page faults, which are dearer than the copying itself.
final class OutgoingBufferPool {
  /// Below this a fresh buffer is cheaper than one that holds a large block back.
  private static let smallByteCount = 4 << 10

  /// How many buffers are kept: one is being filled while the other is being written.
  private static let maximumCount = 2

  private var free: [ByteBuffer] = []

  /// An empty buffer with room for at least `minimumCapacity` bytes.
  func take(minimumCapacity: Int) -> ByteBuffer {
    guard minimumCapacity > Self.smallByteCount, var buffer = free.popLast() else {
      return ByteBufferAllocator().buffer(capacity: minimumCapacity)
    }
    buffer.clear(minimumCapacity: minimumCapacity)
    return buffer
  }

  /// Takes a buffer back that nobody else uses any more.
  func give(_ buffer: ByteBuffer) {
    guard buffer.capacity > Self.smallByteCount, free.count < Self.maximumCount else { return }
    free.append(buffer)
  }

  /// Lets go of all buffers.
  func drain() {
    free = []
  }
}
