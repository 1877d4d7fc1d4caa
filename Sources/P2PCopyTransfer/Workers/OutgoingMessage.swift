package import NIOCore
import Synchronization

/// A message on its way out: its content is complete, it is not yet sealed.
///
/// A box that the message is taken out of: were the buffer a plain value, a copy of the reference would stay behind with
/// whoever handed it on, and every later change in place would copy a megabyte.
package final class OutgoingMessage: Sendable {
  private let message: Mutex<ByteBuffer>

  package init(_ message: consuming ByteBuffer) {
    self.message = Mutex(message)
  }

  /// Takes the message out and leaves an empty one.
  package func take() -> ByteBuffer {
    message.withLock { message in
      var taken = ByteBuffer()
      swap(&taken, &message)
      return taken
    }
  }
}
