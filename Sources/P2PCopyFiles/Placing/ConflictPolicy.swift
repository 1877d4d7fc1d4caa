/// What a receiver does when something of the file's name exists already.
public enum ConflictPolicy: String, CaseIterable, Sendable {
  /// Replace it, in one step, when the new file is complete.
  case overwrite

  /// Leave it and do not count that as a failure.
  case skip

  /// Keep both: the new file becomes `name (1).extension`, or the next free number.
  case rename

  /// Leave it, receive the other files, and fail in the end.
  case fail
}
