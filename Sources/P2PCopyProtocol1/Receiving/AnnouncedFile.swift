import P2PCopyCore

/// A file of the sender's manifest, as the receiver keeps account of it.
struct AnnouncedFile {
  enum State {
    /// Not begun.
    case awaited
    /// Done: complete, skipped or failed.
    case settled
  }

  /// The safe path; `nil` when the name was refused.
  var path: RelativePath?

  /// The size the manifest gave.
  var byteCount: Int64

  /// What was reported to the sender as being there already.
  var finding: ResumeScan.Finding?

  var state = State.awaited
}
