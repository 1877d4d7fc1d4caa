package import P2PCopyCore
import P2PCopyPlatform

/// A file that arrives whole: written and put in place with few system calls, because a transfer may have millions.
package enum SmallFile {
  /// Writes a file under a partial file's name and gives it its own.
  ///
  /// - Parameters:
  ///   - bytes: The content.
  ///   - destination: Where the file is to be.
  ///   - directory: The directory it belongs in.
  ///   - metadata: Mode and times to give it; `nil` for those of a new file.
  ///   - keepingSetID: Whether setuid and setgid bits are kept.
  ///   - takenNames: What to do when something of that name exists.
  /// - Returns: The file as it is in place.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something is there that the policy
  ///   does not allow to replace, otherwise ``P2PCopyError/Code/destinationUnwritable``; nothing is left behind then.
  package static func place(
    _ bytes: UnsafeRawBufferPointer, at destination: PlannedPlace, in directory: DirectoryHandle,
    metadata: EntryMetadata?, keepingSetID: Bool, _ takenNames: TakenNames
  ) throws(P2PCopyError) -> PlacedEntry {
    let path = destination.path
    var name = PartialFile.name(for: path.name)
    let descriptor: FileDescriptor
    do throws(SystemError) {
      descriptor = try create(
        &name, for: path.name, in: directory, mode: metadata.map { mode_t($0.mode & 0o777) } ?? 0o666)
    } catch {
      throw PartialFile.explain(error, path, partialName: directory.has(name) ? name : nil)
    }
    let refusal: MetadataRefusal
    var status: FileStatus
    do throws(SystemError) {
      try descriptor.lock()
      status = try descriptor.status()
      // Between making and locking it, another receiver may have taken it for a leftover.
      guard status.linkCount == 1 else { throw SystemError(number: EAGAIN) }
      try descriptor.write(bytes, at: 0)
      refusal = metadata?.apply(to: descriptor, keepingSetID: keepingSetID, status: status) ?? MetadataRefusal()
      if takenNames.recordsMetadata { status = try descriptor.status() }
    } catch {
      // What another receiver has under that name is not touched.
      if error.number != EAGAIN { try? directory.remove(name) }
      throw PartialFile.explain(error, path)
    }
    do throws(P2PCopyError) {
      let placed = try directory.place(name, status, at: destination, takenNames)
      return PlacedEntry(
        path: placed, refusal: refusal, metadata: takenNames.recordsMetadata ? status.metadata : nil,
        status: takenNames.recordsStatus ? try? descriptor.status() : nil)
    } catch {
      try? directory.remove(name)
      throw error
    }
  }

  /// Makes the file, under another name than the usual one when something is there that is not this user's.
  private static func create(
    _ name: inout [UInt8], for finalName: ArraySlice<UInt8>, in directory: DirectoryHandle, mode: mode_t
  ) throws(SystemError) -> FileDescriptor {
    let flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY
    let number = directory.descriptor.number
    do {
      return try FileDescriptor(opening: name, relativeTo: number, flags: flags, mode: mode)
    } catch {
      guard error.number == EEXIST else { throw error }
    }
    name = try directory.freePartialName(for: finalName)
    return try FileDescriptor(opening: name, relativeTo: number, flags: flags, mode: mode)
  }
}
