import P2PCopyCore
import P2PCopyTransfer

/// What preparing an ``UploadUnit`` gave.
enum PreparedUnit: Sendable {
  /// How one file of a pack went.
  struct PackResult: Sendable {
    var position: Int
    var outcome: PackOutcome
  }

  /// What became of one file of a pack.
  enum PackOutcome: Sendable {
    /// It is in the pack.
    case packed(DeliveredEntry)
    /// It is more than there is room for: it has to come by itself, read to its end.
    case comesAlone
    /// It could not be read.
    case failed(P2PCopyError)
  }

  /// A pack; no record when none of its files could be read.
  case pack(OutgoingMessage?, [PackResult])
  /// A piece of a file; no record when there is nothing to send, or the file failed.
  case chunk(OutgoingFile, OutgoingMessage?, byteCount: Int, isLast: Bool)
  /// A file that has to come by itself, after the page's other files.
  case alone(position: Int)
  /// A file that could not be opened.
  case failure(position: Int, P2PCopyError)
}
