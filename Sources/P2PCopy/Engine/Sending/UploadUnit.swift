import P2PCopyCore

/// A piece of work that becomes one record.
enum UploadUnit: Sendable {
  /// Small files of one page, by position.
  case pack([Int])
  /// A piece of a file; an empty one when the file has nothing more to send.
  case chunk(OutgoingFile, number: Int, offset: Int64, byteCount: Int, isLast: Bool)
  /// A file whose size is known at its end only.
  case alone(position: Int)
  /// A file that could not be opened.
  case failure(position: Int, P2PCopyError)
}
