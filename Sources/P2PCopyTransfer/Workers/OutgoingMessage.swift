import NIOCore
import P2PCopyCore
import Synchronization

/// A record on its way out: its body is complete, it is not yet sealed.
///
/// A box that the record is taken out of: were the buffer a plain value, a copy of the reference would stay behind with
/// whoever handed it on, and every later change in place would copy a megabyte.
final class OutgoingRecord: Sendable {
  private let record: Mutex<ByteBuffer>

  init(_ record: consuming ByteBuffer) {
    self.record = Mutex(record)
  }

  /// Takes the record out and leaves an empty one.
  func take() -> ByteBuffer {
    record.withLock { record in
      var taken = ByteBuffer()
      swap(&taken, &record)
      return taken
    }
  }
}
