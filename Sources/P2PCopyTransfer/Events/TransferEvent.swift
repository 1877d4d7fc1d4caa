public import P2PCopyCore
public import P2PCopyFiles

/// Something that happened in a transfer. More cases may come: have a `default`.
public enum TransferEvent: Sendable {
  /// Connected, to the relay for one; waiting there for somebody with the same code.
  case waitingForPeer(at: Endpoint)

  /// The other peer is there.
  case paired

  /// Both sides have agreed on what the transfer works with.
  case negotiated(TransferTerms)

  /// The connection to the other side is lost; it is dialled again until `patience` has passed since the last progress.
  case connectionLost(reason: String, patience: Duration)

  /// The connection is there again, and the transfer goes on.
  case reconnected(after: Duration)

  /// The other side was started again, has shown that it knows the code, and the transfer goes on from what the receiver has.
  /// What was counted so far is counted anew.
  case startedAgain

  /// The size of the transfer is known.
  case started(TransferProgress)

  /// What the receiver has already is being read, to go on from there; may take a while for large files.
  case checking(path: EntryPath)

  /// Another piece is done. At most ten a second.
  case progress(TransferProgress)

  /// A file begins to travel, in chunks of its own: small ones travel together, and only their end is an event. `byteCount` is
  /// how long it is, `nil` where nobody knows that before its end.
  case fileStarted(path: EntryPath, byteCount: Int64?)

  /// A file is complete; at the receiver `path` is the one it has there.
  case fileFinished(path: EntryPath, byteCount: Int64)

  /// A file, directory or link has got another name at the receiver, since its own was taken (`--on-conflict rename`).
  case renamed(path: EntryPath, newPath: EntryPath)

  /// A file was left alone: the same is there, or something of that name that must not be replaced.
  case fileSkipped(path: EntryPath, reason: String)

  /// A file comes once more, since it changed while it was being sent, or did not arrive as it was read. `reason` is a sentence
  /// that names it.
  case fileRepeated(path: EntryPath, reason: String)

  /// A file failed; the transfer goes on with the others.
  case fileFailed(EntryFailure)

  /// Something a person should know; nothing failed.
  case notice(String)

  /// The transfer is over, well or not. The last event.
  case finished(TransferSummary)
}
