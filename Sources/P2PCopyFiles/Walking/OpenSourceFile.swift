package import P2PCopyCore
package import P2PCopyPlatform

/// A file while it is being sent. Workers read from it at offsets, side by side.
package final class OpenSourceFile: Sendable {
  package let source: SourceFile
  package let descriptor: FileDescriptor

  /// Size in bytes when it was opened: what will be sent, unless the size cannot be relied on.
  package let byteCount: Int64

  private let statusAtOpening: FileStatus

  /// How much of it is read although there may be more, since it may grow; `nil` for all there is.
  private let byteLimit: Int64?

  /// The file that this one, in memory, is a copy of.
  private let original: OpenSourceFile?

  /// Opens the file.
  ///
  /// - Parameters:
  ///   - source: The file.
  ///   - acceptsGrowth: Whether it is as long as it is now for good, and what is appended to it is no change.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  package init(opening source: SourceFile, acceptsGrowth: Bool = false) throws(P2PCopyError) {
    self.source = source
    original = nil
    let found = try source.origin.open(source.location)
    statusAtOpening = found.status
    descriptor = found.descriptor
    guard statusAtOpening.kind == .regular else {
      throw P2PCopyError(
        .sourceUnreadable, "cannot send '\(DisplayText.escaped(source.location))': it is no longer a regular file",
        scope: .entry)
    }
    byteCount = statusAtOpening.byteCount
    guard acceptsGrowth, !FileSystemTraits(of: descriptor.number).hasNominalSizes else {
      byteLimit = nil
      return
    }
    do throws(SystemError) {
      // A size that stays although there is more behind it says nothing.
      let hasMore = try descriptor.hasByte(at: byteCount)
      let isGrowing = hasMore ? try descriptor.status().byteCount > byteCount : true
      byteLimit = isGrowing ? byteCount : nil
    } catch {
      guard error.number == ESPIPE else { throw Self.explain(error, source) }
      byteLimit = nil
    }
  }

  /// Opens the file of an entry.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - acceptsGrowth: Whether it is as long as it is now for good, and what is appended to it is no change.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  package convenience init(opening entry: SourceEntry, acceptsGrowth: Bool = false) throws(P2PCopyError) {
    guard let origin = entry.origin else {
      throw P2PCopyError(.internalError, "'\(entry.path)' has nothing that could be opened")
    }
    try self.init(
      opening: SourceFile(
        location: entry.location, origin: origin, path: entry.path, byteCount: entry.listedByteCount),
      acceptsGrowth: acceptsGrowth)
  }

  /// A copy in memory of a file whose size is known only once it has been read.
  ///
  /// - Parameters:
  ///   - original: The file.
  ///   - copy: A file in memory with its content.
  ///   - byteCount: How much that is.
  package init(_ original: OpenSourceFile, copiedTo copy: consuming FileDescriptor, byteCount: Int64) {
    source = original.source
    descriptor = copy
    self.byteCount = byteCount
    statusAtOpening = original.statusAtOpening
    byteLimit = nil
    self.original = original
  }

  /// The part of some memory that reading at an offset may fill.
  func readable(_ memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> UnsafeMutableRawBufferPointer {
    guard let byteLimit else { return memory }
    let count = max(0, min(Int64(memory.count), byteLimit - offset))
    return UnsafeMutableRawBufferPointer(rebasing: memory[..<Int(count)])
  }

  /// Its mode and time when it was opened.
  package var metadata: EntryMetadata? { EntryMetadata(statusAtOpening) }

  /// Looks whether the file is still as it was when it was opened.
  ///
  /// Size and time of modification tell, if nobody sets that time back. What cannot be set is the time of the last change,
  /// but a change of mode or owner, a new name or one that goes are changes too, and they leave the content as it is: the
  /// file is read once more then. So is one that was only appended to, where that is no change: what was sent must be its
  /// beginning still.
  ///
  /// - Parameter readsTheSame: Reads all of the file again and says whether that gives what was sent.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable`` when the file is not the same: what was
  ///   sent may be a mixture of old and new; with code ``P2PCopyError/Code/cancelled`` when reading it again was
  ///   interrupted.
  package func checkUnchanged(_ readsTheSame: () throws -> Bool) throws(P2PCopyError) {
    if let original {
      try original.checkUnchanged(readsTheSame)
      return
    }
    var known = statusAtOpening
    // Each reading must itself be undisturbed; a file that is changed all the time is not the same.
    for _ in 0..<4 {
      let status = try status()
      let hasGrown = byteLimit != nil && status.byteCount > known.byteCount
      guard hasGrown || status.hasSameContent(as: known) else { throw changed }
      guard status.wasChangedSince(known) else { return }
      known = status
      do {
        guard try readsTheSame() else { throw changed }
      } catch let error as P2PCopyError {
        throw error
      } catch let error as SystemError {
        throw Self.explain(error, source)
      } catch {
        throw P2PCopyError(.cancelled, "interrupted", cause: error)
      }
      // It may go on growing. All of what was sent was there between the first reading and this one.
      if hasGrown { return }
    }
    throw changed
  }

  /// Whether its size tells how much there is to read. What the kernel makes up when it is read, and some file systems in
  /// user space, say 0 or another size.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  package func hasReliableSize() throws(P2PCopyError) -> Bool {
    if try hasMore(behind: byteCount) { return false }
    return !(byteCount > 0 && FileSystemTraits(of: descriptor.number).hasNominalSizes)
  }

  /// Whether there is more to read than the size says, although the size is still what it was.
  ///
  /// - Parameter offset: Where the content ends by the size.
  /// - Returns: Whether there is.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  package func hasMore(behind offset: Int64) throws(P2PCopyError) -> Bool {
    if let byteLimit, offset >= byteLimit { return false }
    do throws(SystemError) {
      guard try descriptor.hasByte(at: offset) else { return false }
    } catch {
      // What has no offsets is read from its beginning to its end.
      if error.number == ESPIPE { return true }
      throw Self.explain(error, source)
    }
    guard try status().byteCount == byteCount else { throw changed }
    return true
  }

  /// Whether fewer bytes than the size says are all there is: the size is only nominal, and still the same.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  package func maySayTooMuch() throws(P2PCopyError) -> Bool {
    guard FileSystemTraits(of: descriptor.number).hasNominalSizes else { return false }
    return try status().byteCount == byteCount
  }

  private func status() throws(P2PCopyError) -> FileStatus {
    do {
      return try descriptor.status()
    } catch {
      throw Self.explain(error, source)
    }
  }

  /// The error for a file that changed.
  package var changed: P2PCopyError {
    P2PCopyError(
      .sourceUnreadable, "'\(DisplayText.escaped(source.location))' changed while it was being sent",
      remedy: .sendAgain, scope: .entry)
  }

  /// The error for a failed read.
  package static func explain(_ error: SystemError, _ source: SourceFile) -> P2PCopyError {
    explain(error, at: source.location)
  }

  /// The error for a failed read.
  package static func explain(_ error: SystemError, at location: [UInt8]) -> P2PCopyError {
    P2PCopyError(
      .sourceUnreadable, "cannot read '\(DisplayText.escaped(location))': \(error)", scope: .entry, cause: error)
  }
}

extension FileDescriptor {
  /// Whether there is something to read at an offset.
  fileprivate func hasByte(at offset: Int64) throws(SystemError) -> Bool {
    try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { memory throws(SystemError) in
      try read(into: memory, at: offset)
    } > 0
  }
}

extension FileStatus {
  fileprivate func hasSameContent(as other: FileStatus) -> Bool {
    byteCount == other.byteCount && modificationSeconds == other.modificationSeconds
      && modificationNanoseconds == other.modificationNanoseconds
  }

  fileprivate func wasChangedSince(_ other: FileStatus) -> Bool {
    changeSeconds != other.changeSeconds || changeNanoseconds != other.changeNanoseconds
  }
}

extension EntryMetadata {
  /// What the system says about a file.
  package init(_ status: FileStatus) {
    self.init(
      mode: status.mode & 0o7777, modificationSeconds: Int64(status.modificationSeconds),
      modificationNanoseconds: UInt32(clamping: status.modificationNanoseconds))
  }
}
