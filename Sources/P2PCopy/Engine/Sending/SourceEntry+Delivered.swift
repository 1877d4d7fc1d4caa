import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

extension SourceEntry {
  /// Mode and time; a stream has none.
  var knownMetadata: EntryMetadata? { kind == .stream ? nil : metadata }

  /// The entry as it is counted once it is in place.
  func delivered(
    digest: [UInt8], byteCount: Int64, metadata: EntryMetadata? = nil
  ) -> DeliveredEntry {
    let kind: DeliveredEntry.Kind =
      switch kind {
      case .file, .stream: .file
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      }
    let target: [UInt8] = if case .symbolicLink(let target) = self.kind { target } else { [] }
    return DeliveredEntry(
      path: path.bytes, kind: kind, byteCount: byteCount, digest: digest, target: target,
      metadata: metadata ?? knownMetadata)
  }
}
