import NIOCore
import P2PCopyCore

extension TransportMessage {
  /// The message's length on the wire, in bytes.
  var byteCount: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let buffer): buffer.readableBytes
    }
  }
}
