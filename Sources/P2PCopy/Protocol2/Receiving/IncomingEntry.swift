import P2PCopyCore

/// An entry of a sender's manifest after its name was looked at.
struct IncomingEntry: Sendable {
  /// The safe path; `nil` when the name was refused.
  var path: RelativePath?

  /// Why the name was refused.
  var refusal: P2PCopyError?

  /// The path as the sender wrote it.
  var rawPath: [UInt8]

  /// What it is.
  var kind: PageEntry.Kind

  /// Its mode and times; missing when the sender keeps them to itself.
  var metadata: EntryMetadata?

  /// Looks at a name.
  init(_ entry: PageEntry) {
    rawPath = entry.path
    kind = entry.kind
    metadata = entry.metadata
    do throws(P2PCopyError) {
      let path = try RelativePath(validating: entry.path)
      guard !PartialFile.isReserved(anyOf: path) else {
        throw P2PCopyError(.unsafePath, "refused the name '\(path)': it is reserved for partial files")
      }
      self.path = path
    } catch {
      refusal = error
    }
  }

  /// The name, safe to show.
  var shown: String { DisplayText.escaped(rawPath.prefix(300)) }

  /// The entry as it is counted once it is in place.
  func delivered(digest: [UInt8], byteCount: Int64, metadata: EntryMetadata?) -> DeliveredEntry {
    let deliveredKind: DeliveredEntry.Kind =
      switch kind {
      case .file, .stream: .file
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      }
    let target: [UInt8] = if case .symbolicLink(let target) = kind { target } else { [] }
    return DeliveredEntry(
      path: rawPath, kind: deliveredKind, byteCount: byteCount, digest: digest, target: target, metadata: metadata)
  }
}
