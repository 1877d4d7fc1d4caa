package import P2PCopyCore
import P2PCopyPlatform

extension DirectoryHandle {
  /// Makes a symbolic link: under a partial file's name first, so that it appears or replaces something in one step.
  ///
  /// - Parameters:
  ///   - target: What it points to, checked with ``LinkTarget/check(target:of:)``.
  ///   - destination: The link; its parent is this directory.
  ///   - metadata: Times to give it; `nil` for none. Linux knows no modes of links.
  ///   - takenNames: What to do when something of that name exists.
  /// - Returns: The link as it is in place.
  /// - Throws: ``P2PCopyError`` as ``place(_:_:at:_:)`` does; nothing is left behind then.
  package func createSymbolicLink(
    to target: [UInt8], at destination: PlannedPlace, metadata: EntryMetadata?, _ takenNames: TakenNames
  ) throws(P2PCopyError) -> PlacedEntry {
    let path = destination.path
    var name = PartialFile.name(for: path.name)
    do throws(SystemError) {
      do {
        try makeLink(to: target, name: name)
      } catch {
        guard error.number == EEXIST else { throw error }
        name = try freePartialName(for: path.name)
        try makeLink(to: target, name: name)
      }
    } catch {
      throw PartialFile.explain(error, path, partialName: has(name) ? name : nil)
    }
    let refusal = metadata?.applyToLink(name: name, in: self) ?? MetadataRefusal()
    do throws(P2PCopyError) {
      let status: FileStatus
      do throws(SystemError) {
        status = try FileStatus(of: name, relativeTo: descriptor.number, followLinks: false)
      } catch {
        throw PartialFile.explain(error, path)
      }
      let placed = try place(name, status, at: destination, takenNames)
      return PlacedEntry(
        path: placed, refusal: refusal, metadata: takenNames.recordsMetadata ? status.metadata : nil)
    } catch {
      try? remove(name)
      throw error
    }
  }

  private func makeLink(to target: [UInt8], name: [UInt8]) throws(SystemError) {
    let result = target.withCString { target in name.withCString { symlinkat(target, descriptor.number, $0) } }
    guard result == 0 else { throw .last }
  }
}
