import Glibc
import P2PCopyCore

/// Finds out what a receiver has already of the files in a manifest.
///
/// Only of files in the manifest, only inside the output directory, never through a link.
struct ResumeScan {
  /// Where the bytes that were reported lie.
  enum Place {
    /// In the partial file of an earlier transfer.
    case partialFile(PartialStart)
    /// Under the final name; the version that was read.
    case finalName(FileStatus.Version)
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
    if let start = try? directory.leftPartialFile(of: path.name), start.version.byteCount <= byteCount,
      let part = try read(start.name, start.version, path, in: directory)
    {
      return Finding(place: .partialFile(start), part: part)
    }
    // A file with a second name cannot be continued without changing the other name's content as well, and one that is
    // somebody else's is not taken away.
    guard let status = (try? directory.status(of: path.name)) ?? nil, status.kind == .regular,
      status.byteCount == byteCount || (status.linkCount == 1 && directory.isOwn(status)),
      let part = try read(Array(path.name), status.version, path, in: directory)
    else { return nil }
    return Finding(place: .finalName(status.version), part: part)
  }

  private func read(
    _ name: [UInt8], _ version: FileStatus.Version, _ path: RelativePath, in directory: DirectoryHandle
  ) throws -> ReceivedPart? {
    do {
      let descriptor = try FileDescriptor(
        opening: name, relativeTo: directory.descriptor.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let (chain, covered) = try PrefixChecksum.compute(over: descriptor, byteCount: version.byteCount)
      // What was read is this version only if it still is when everything is read.
      guard covered > 0, covered == version.byteCount, try descriptor.status().version == version else { return nil }
      return ReceivedPart(path: path.bytes, byteCount: covered, chain: chain)
    } catch is SystemError {
      return nil
    }
  }
}
