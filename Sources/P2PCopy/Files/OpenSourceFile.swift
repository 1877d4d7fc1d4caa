import Glibc
import P2PCopyCore

/// A source file while it is being sent. Workers read from it at offsets, side by side.
final class OpenSourceFile: Sendable {
  let source: SourceFile
  let descriptor: FileDescriptor
  private let statusAtOpening: FileStatus

  /// Size in bytes when it was opened: what will be sent.
  var byteCount: Int64 { statusAtOpening.byteCount }

  /// Opens the file.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  init(opening source: SourceFile) throws(P2PCopyError) {
    self.source = source
    do throws(SystemError) {
      // Not blocking: the name may have become a FIFO since it was listed.
      descriptor = try FileDescriptor(opening: source.location, flags: O_RDONLY | O_NONBLOCK)
      statusAtOpening = try descriptor.status()
    } catch {
      throw Self.explain(error, source)
    }
    guard statusAtOpening.kind == .regular else {
      throw P2PCopyError(
        .sourceUnreadable, "cannot send '\(DisplayText.escaped(source.location))': it is no longer a regular file")
    }
  }

  /// Its mode and time when it was opened.
  var metadata: EntryMetadata { EntryMetadata(statusAtOpening) }

  /// Opens the file of an entry.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable``.
  convenience init(opening entry: SourceEntry) throws(P2PCopyError) {
    try self.init(
      opening: SourceFile(location: entry.location, path: entry.path, byteCount: entry.listedByteCount))
  }

  /// Looks whether the file is still as it was when it was opened.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable`` when it is not: what was sent may be a
  ///   mixture of old and new.
  func checkUnchanged() throws(P2PCopyError) {
    let status: FileStatus
    do {
      status = try descriptor.status()
    } catch {
      throw Self.explain(error, source)
    }
    guard
      status.byteCount == statusAtOpening.byteCount,
      status.modificationSeconds == statusAtOpening.modificationSeconds,
      status.modificationNanoseconds == statusAtOpening.modificationNanoseconds
    else { throw changed }
  }

  /// The error for a file that changed.
  var changed: P2PCopyError {
    P2PCopyError(
      .sourceUnreadable, "'\(DisplayText.escaped(source.location))' changed while it was being sent; send it again")
  }

  /// The error for a failed read.
  static func explain(_ error: SystemError, _ source: SourceFile) -> P2PCopyError {
    explain(error, at: source.location)
  }

  /// The error for a failed read.
  static func explain(_ error: SystemError, at location: [UInt8]) -> P2PCopyError {
    P2PCopyError(.sourceUnreadable, "cannot read '\(DisplayText.escaped(location))': \(error)", cause: error)
  }
}

extension EntryMetadata {
  /// What the system says about a file.
  init(_ status: FileStatus) {
    self.init(
      mode: status.mode & 0o7777, modificationSeconds: Int64(status.modificationSeconds),
      modificationNanoseconds: UInt32(clamping: status.modificationNanoseconds))
  }
}
