import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// Compares one entry after the other with what is on disk.
final class EntryChecker {
  private static let stepByteCount = 1 << 20

  private let context: any DigestContext
  private let memory: UnsafeMutableRawBufferPointer

  package init(digest: any Digest) throws(P2PCopyError) {
    context = try digest.makeContext()
    memory = .allocate(byteCount: Self.stepByteCount, alignment: 4096)
  }

  deinit {
    memory.deallocate()
  }

  /// Compares an entry.
  ///
  /// - Parameters:
  ///   - entry: What should be there.
  ///   - path: Its path.
  ///   - tree: Where.
  ///   - didRead: Called with the number of bytes read.
  /// - Returns: What differs, or `nil`.
  /// - Throws: ``P2PCopyError`` when the task is cancelled or the digest fails.
  package func check(
    _ entry: DeliveredEntry, _ path: RelativePath, in tree: VerifiedTree, didRead: (Int) -> Void
  ) throws(P2PCopyError) -> ReceiptVerification.Problem? {
    func problem(_ what: ReceiptVerification.Problem.What, _ detail: String) -> ReceiptVerification.Problem {
      ReceiptVerification.Problem(path: EntryPath(path), what: what, detail: detail)
    }
    do {
      let directory = try tree.directory(of: path)
      guard let status = try directory.status(of: path.name) else { return problem(.missing, "is missing") }
      guard status.kind == entry.kind.fileKind else {
        return problem(.wrongKind, "is \(status.kind.shown), not \(entry.kind.fileKind.shown)")
      }
      switch entry.kind {
      case .directory: return nil
      case .symbolicLink:
        let target = try VerifiedTree.target(of: path.name, in: directory)
        guard target != entry.target else { return nil }
        return problem(
          .linkTarget, "leads to '\(DisplayText.escaped(target))', not to '\(DisplayText.escaped(entry.target))'")
      case .file:
        let descriptor = try directory.openFile(path.name)
        let opened = try descriptor.status()
        guard opened.kind == .regular else { return problem(.wrongKind, "is \(opened.kind.shown), not a file") }
        guard opened.byteCount == entry.byteCount else {
          return problem(.size, "has \(opened.byteCount) bytes, not \(entry.byteCount)")
        }
        // Nobody read it in the transfer, so that there is nothing to compare with.
        guard !entry.isKnownByTimes else { return nil }
        let (digest, byteCount) = try self.digest(of: descriptor, byteCount: entry.byteCount, didRead)
        guard byteCount == entry.byteCount else {
          return problem(.size, "has \(byteCount) bytes, not \(entry.byteCount)")
        }
        return digest == entry.digest ? nil : problem(.digest, "has other content")
      }
    } catch let error as SystemError {
      switch error.number {
      case ENOENT: return problem(.missing, "is missing")
      case ENOTDIR, ELOOP: return problem(.missing, "is missing: something on the way to it is not a directory")
      default: return problem(.unreadable, "cannot be read: \(error)")
      }
    } catch let error as P2PCopyError {
      throw error
    } catch {
      throw P2PCopyError(.internalError, "cannot check '\(path)': \(error)", cause: error)
    }
  }

  private func digest(
    of descriptor: borrowing FileDescriptor, byteCount: Int64, _ didRead: (Int) -> Void
  ) throws -> (digest: [UInt8], byteCount: Int64) {
    var offset: Int64 = 0
    do {
      while offset < byteCount {
        guard !Task.isCancelled else { throw P2PCopyError(.cancelled, "interrupted") }
        let wanted = Int(min(Int64(memory.count), byteCount - offset))
        let count = try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted]), at: offset)
        if count == 0 { break }
        try context.update(
          RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])))
        offset += Int64(count)
        didRead(count)
      }
    } catch {
      // The next file starts anew.
      _ = try context.finish()
      throw error
    }
    return (try context.finish(), offset)
  }
}

extension DeliveredEntry.Kind {
  /// The same as the file system has it.
  fileprivate var fileKind: FileStatus.Kind {
    switch self {
    case .file: .regular
    case .directory: .directory
    case .symbolicLink: .symbolicLink
    }
  }
}

extension FileStatus.Kind {
  fileprivate var shown: String {
    switch self {
    case .regular: "a file"
    case .directory: "a directory"
    case .symbolicLink: "a symbolic link"
    case .other: "neither file nor directory"
    }
  }
}
