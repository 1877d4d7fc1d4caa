import P2PCopyCore

/// What preparing an ``UploadUnit`` gave.
enum PreparedUnit: Sendable {
  /// How one file of a pack went.
  struct PackResult: Sendable {
    var position: Int
    var result: Result<DeliveredEntry, P2PCopyError>
  }

  /// A pack; no record when none of its files could be read.
  case pack(OutgoingRecord?, [PackResult])
  /// A piece of a file; no record when there is nothing to send, or the file failed.
  case chunk(OutgoingFile, OutgoingRecord?, byteCount: Int, isLast: Bool)
  /// A file that could not be opened.
  case failure(position: Int, P2PCopyError)
}
