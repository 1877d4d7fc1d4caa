import Glibc
import P2PCopyCore

/// A file that is being received: it lies beside its final place under a name of its own, `.NAME.p2p-copy-partial`, until
/// it is complete, and stays there, ready to be continued, when the transfer breaks off.
final class PartialFile {
  private static let suffix = ".p2p-copy-partial"

  /// Whether a name is one that only partial files have, so that no sender may use it.
  static func isReserved(_ name: some Collection<UInt8>) -> Bool {
    name.first == UInt8(ascii: ".") && name.count > suffix.utf8.count
      && name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  /// The partial file's name for a final name. Long names are shortened and told apart by a hash.
  static func name(for finalName: some Collection<UInt8>) -> [UInt8] {
    let room = RelativePath.maximumComponentByteCount - suffix.utf8.count - 1
    if finalName.count <= room { return [UInt8(ascii: ".")] + finalName + suffix.utf8 }
    var checksum = ChainedChecksum()
    let hash = Hex.encode(checksum.update(with: Array(finalName)).prefix(8))
    return [UInt8(ascii: ".")] + finalName.prefix(room - hash.utf8.count - 1) + [UInt8(ascii: "-")] + hash.utf8
      + suffix.utf8
  }

  let path: RelativePath
  private let directory: DirectoryHandle
  private let name: [UInt8]
  private let descriptor: FileDescriptor

  /// Opens the partial file for writing, and makes it when it is missing.
  ///
  /// - Parameters:
  ///   - path: The file's final path.
  ///   - directory: The directory it belongs in.
  ///   - byteCount: How many bytes at the beginning to keep; the rest is cut off.
  ///   - mode: The permissions of a file that is made: no more than it is to have in the end, so that nobody reads it before.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  init(
    opening path: RelativePath, in directory: DirectoryHandle, keeping byteCount: Int64, mode: UInt16 = 0o666
  ) throws(P2PCopyError) {
    let name = Self.name(for: path.name)
    do throws(SystemError) {
      descriptor = try Self.openCut(name, in: directory, keeping: byteCount, mode: mode_t(mode & 0o777 | 0o600))
    } catch {
      throw Self.explain(error, path)
    }
    self.path = path
    self.directory = directory
    self.name = name
  }

  /// Writes bytes at their place in the file.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(P2PCopyError) {
    do {
      try descriptor.write(bytes, at: offset)
    } catch {
      throw Self.explain(error, path)
    }
  }

  /// Forgets what was written, so that nobody continues it.
  func discard() {
    try? directory.remove(name)
  }

  /// Gives the complete file its name.
  ///
  /// - Parameters:
  ///   - policy: What to do when something of that name exists.
  ///   - metadata: Mode and times to give it before; `nil` for none.
  ///   - keepingSetID: Whether setuid and setgid bits are kept.
  /// - Returns: The name it got, which differs under ``ConflictPolicy/rename``.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something is there that the policy
  ///   does not allow to replace; the partial file stays.
  func place(
    _ policy: ConflictPolicy, metadata: EntryMetadata? = nil, keepingSetID: Bool = false
  ) throws(P2PCopyError) -> [UInt8] {
    do {
      try metadata?.apply(to: descriptor, keepingSetID: keepingSetID)
    } catch {
      throw Self.explain(error, path)
    }
    return try directory.place(name, as: path, policy)
  }

  /// The error for a failed system call.
  static func explain(_ error: SystemError, _ path: RelativePath) -> P2PCopyError {
    let remedy =
      switch error.number {
      case ENOSPC, EDQUOT: "; free some space, then \(P2PCopyError.resumeHint)"
      case EAGAIN: ": another receive is writing it"
      default: ""
      }
    return P2PCopyError(.destinationUnwritable, "cannot write '\(path)': \(error)\(remedy)", cause: error)
  }

  /// Opens or makes the partial file and locks it, so that two receivers cannot write one file.
  private static func openLocked(
    _ name: [UInt8], in directory: DirectoryHandle, mode: mode_t
  ) throws(SystemError) -> FileDescriptor {
    let number = directory.descriptor.number
    for _ in 0..<16 {
      if let status = try directory.status(of: name), status.kind != .regular || status.linkCount != 1 {
        // Somebody planted a link, or something odd: it is taken out of the way, never written through.
        try directory.remove(name)
      }
      let descriptor = try FileDescriptor(
        opening: name, relativeTo: number, flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: mode)
      try descriptor.lock()
      // Between opening and locking, another receiver may have completed and renamed it.
      let opened = try descriptor.status()
      let named = try directory.status(of: name)
      if opened.kind == .regular, opened.linkCount == 1, named?.identity == opened.identity { return descriptor }
    }
    throw SystemError(number: EAGAIN)
  }

  private static func openCut(
    _ name: [UInt8], in directory: DirectoryHandle, keeping byteCount: Int64, mode: mode_t
  ) throws(SystemError) -> FileDescriptor {
    let descriptor = try openLocked(name, in: directory, mode: mode)
    guard try descriptor.status().byteCount >= byteCount else { throw SystemError(number: EINVAL) }
    try descriptor.truncate(to: byteCount)
    return descriptor
  }

  /// `name (1).extension`, cut so that it still fits.
  static func numbered(_ name: ArraySlice<UInt8>, _ number: Int) -> [UInt8] {
    let dot = name.dropFirst().lastIndex(of: UInt8(ascii: "."))
    let fileExtension = dot.map { name[$0...] } ?? []
    let mark = Array(" (\(number))".utf8)
    let room = RelativePath.maximumComponentByteCount - mark.count
    let shownExtension = fileExtension.count < room / 2 ? fileExtension : []
    let stem = name.dropLast(shownExtension.count).prefix(room - shownExtension.count)
    return stem + mark + shownExtension
  }
}

extension P2PCopyError {
  /// Something of the file's name is there and must not be replaced.
  static func destinationExists(_ path: RelativePath) -> P2PCopyError {
    P2PCopyError(
      .destinationExists,
      "'\(path)' exists and was left alone; receive with --on-conflict overwrite, skip or rename")
  }
}
