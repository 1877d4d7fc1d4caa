public import P2PCopyCore
public import P2PCopyFiles

/// Something that happened in a transfer. More cases may come: have a `default`.
public enum TransferEvent: Sendable {
  /// Connected, to the relay for one; waiting there for somebody with the same code.
  case waitingForPeer(at: Endpoint)

  /// The other peer is there.
  case paired

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
  case checking(path: String)

  /// Another piece is done. At most ten a second.
  case progress(TransferProgress)

  /// A file is complete; at the receiver `path` is the one it has there.
  case fileFinished(path: String, byteCount: Int64)

  /// A file, directory or link has got another name at the receiver, since its own was taken (`--on-conflict rename`).
  case renamed(path: String, newPath: String)

  /// A file was left alone: the same is there, or something of that name that must not be replaced.
  case fileSkipped(path: String, reason: String)

  /// A file failed; the transfer goes on with the others.
  case fileFailed(EntryFailure)

  /// Something a person should know; nothing failed.
  case notice(String)

  /// The transfer is over, well or not. The last event.
  case finished(TransferSummary)
}
