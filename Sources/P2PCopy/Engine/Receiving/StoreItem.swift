import NIOCore
import P2PCopyCore
import P2PCopyWire

/// What the storing task does next, in the order in which the sender sent it.
enum StoreItem: Sendable {
  /// A page begins.
  case page(IncomingPage)
  /// A piece of a file.
  case chunk(BulkHeader, ByteBuffer)
  /// Small files.
  case pack(BulkHeader, ByteBuffer)
  /// A file is complete.
  case fileEnd(FileEnd)
  /// The sender could not send an entry.
  case fileFailed(EntryFailureNotice)
  /// Everything of a page was sent.
  case pageEnd(firstIndex: UInt64)
  /// Everything was sent.
  case end(SessionTotals, treeDigest: [UInt8], failureCount: UInt64)
}
