import NIOCore
import P2PCopyCore

extension ByteBuffer {
  /// Calls `body` with the readable bytes.
  func withReadableBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws(P2PCopyError) -> Result
  ) throws(P2PCopyError) -> Result {
    try withUnsafeReadableBytes(body)
  }
}
