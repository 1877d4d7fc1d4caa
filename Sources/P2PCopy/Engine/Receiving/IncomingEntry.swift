package import P2PCopyCore
package import P2PCopyFiles
package import P2PCopyTransfer
package import P2PCopyWire

/// An entry of a sender's manifest after its name was looked at.
package struct IncomingEntry: Sendable {
  /// The safe path; `nil` when the name was refused.
  package var path: RelativePath?

  /// Why the name was refused.
  package var refusal: P2PCopyError?

  /// The path as the sender wrote it.
  package var rawPath: [UInt8]

  /// What it is.
  package var kind: PageEntry.Kind

  /// Its mode and times; missing when the sender keeps them to itself.
  package var metadata: EntryMetadata?

  /// Looks at a name.
  package init(_ entry: PageEntry) {
    rawPath = entry.path
    kind = entry.kind
    metadata = entry.metadata
    do throws(P2PCopyError) {
      let path = try RelativePath(validating: entry.path)
      guard !PartialFile.isReserved(anyOf: path) else {
        throw P2PCopyError(
          .unsafePath, "refused the name '\(path)': it is reserved for partial files", scope: .entry)
      }
      self.path = path
    } catch {
      refusal = error
    }
  }

  /// The name, safe to show.
  package var shown: String { DisplayText.entry(rawPath) }

  /// The entry as it is counted once it is in place.
  ///
  /// - Parameters:
  ///   - digest: The digest of a file.
  ///   - byteCount: The size of a file.
  ///   - placed: Where it is, and with what mode and time.
  /// - Returns: The entry as receipts name it.
  package func delivered(digest: [UInt8], byteCount: Int64, _ placed: PlacedEntry) -> DeliveredEntry {
    let deliveredKind: DeliveredEntry.Kind =
      switch kind {
      case .file, .stream: .file
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      }
    let target: [UInt8] = if case .symbolicLink(let target) = kind { target } else { [] }
    let metadata = placed.metadata
    let time = placed.hasLastingTime ? metadata : nil
    return DeliveredEntry(
      path: rawPath, placedPath: placed.path.bytes, kind: deliveredKind, byteCount: byteCount, digest: digest,
      target: target, mode: metadata?.mode, modificationSeconds: time?.modificationSeconds,
      modificationNanoseconds: time?.modificationNanoseconds)
  }
}
