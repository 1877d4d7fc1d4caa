import Glibc
import P2PCopyCore

/// Finds out what a receiver has already of the files in a manifest.
///
/// Only of files in the manifest, only inside the output directory, never through a link.
struct ResumeScan {
  /// Where the bytes that were reported lie.
  enum Place {
    /// In the partial file of an earlier transfer.
    case partialFile
    /// Under the final name.
    case finalName
  }

  /// One finding.
  struct Finding {
    var place: Place
    var part: ReceivedPart
  }

  let output: OutputDirectory

  /// Reads what is there of one file.
  ///
  /// - Returns: The finding, or `nil` when there is nothing, or nothing that could be continued or skipped.
  /// - Throws: `CancellationError`.
  func look(for path: RelativePath, byteCount: Int64) throws -> Finding? {
    guard byteCount > 0, let directory = try? output.directory(of: path, creating: false) else { return nil }
    if let finding = try read(PartialFile.name(for: path.name), .partialFile, path, byteCount, in: directory) {
      return finding
    }
    return try read(Array(path.name), .finalName, path, byteCount, in: directory)
  }

  private func read(
    _ name: [UInt8], _ place: Place, _ path: RelativePath, _ byteCount: Int64, in directory: DirectoryHandle
  ) throws -> Finding? {
    do {
      let descriptor = try FileDescriptor(
        opening: name, relativeTo: directory.descriptor.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let status = try descriptor.status()
      guard status.kind == .regular, status.byteCount > 0 else { return nil }
      // A file with a second name cannot be continued without changing the other name's content as well.
      guard status.linkCount == 1 || (place == .finalName && status.byteCount == byteCount) else { return nil }
      if place == .partialFile, status.byteCount > byteCount { return nil }
      let (chain, covered) = try PrefixChecksum.compute(over: descriptor, byteCount: status.byteCount)
      guard covered > 0 else { return nil }
      return Finding(place: place, part: ReceivedPart(path: path.bytes, byteCount: covered, chain: chain))
    } catch is SystemError {
      return nil
    }
  }
}
