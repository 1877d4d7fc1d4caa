package import P2PCopyCore

/// What a receiver wants done with one entry of a page. Entries that an answer does not name are to be sent whole.
package enum EntryDisposition: Hashable, Sendable {
  /// The first bytes are there, from an earlier transfer; `digest` is the negotiated digest over them.
  case continues(at: Int64, digest: [UInt8])
  /// A file of that size is there: the sender's digest decides.
  case check
  /// The same is there already.
  case unchanged
  /// Something of that name is there and is left alone, as the receiver was asked to.
  case skipped
  /// It cannot be received.
  case refused(code: P2PCopyError.Code, message: String)
}
