import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// Finds out what a receiver has already of the files in a manifest.
///
/// Only of files in the manifest, only inside the output directory, never through a link.
struct ResumeScan {
  /// Where the bytes that were reported lie.
  enum Place {
    /// In the partial file of an earlier transfer.
    case partialFile(PartialStart)
    /// Under the final name, or under a numbered one beside it; the version that was read.
    case finalName(FileStatus.Version)
  }

  /// One finding.
  struct Finding {
    var place: Place
    /// The path of the file that was read; of a partial file, the path it is to have.
    var path: RelativePath
    var part: ReceivedPart
  }

  let tree: DestinationTree
  /// Whether files are completed that have their final names already.
  let completesFiles: Bool

  /// Reads what is there of one file.
  ///
  /// A partial file, whatever it has. Otherwise a file of the name and size, which the sender may find to be the same; a
  /// shorter one only if that may be completed. The answer has room for one file only: under
  /// ``ConflictPolicy/rename`` that is the one of that size with the highest number, which came last.
  ///
  /// - Returns: The finding, or `nil` when there is nothing, or nothing that could be continued or skipped.
  /// - Throws: `CancellationError`.
  func look(for path: RelativePath, byteCount: Int64) throws -> Finding? {
    guard byteCount > 0, case (let place, let directory?)?? = try? tree.place(of: path, creating: false) else {
      return nil
    }
    if let start = try? directory.leftPartialFile(of: place.name), start.version.byteCount <= byteCount,
      let part = try read(start.name, start.version, path, in: directory)
    {
      return Finding(place: .partialFile(start), path: place, part: part)
    }
    let numbered = tree.takenNames.policy == .rename ? lastNumbered(place, byteCount, in: directory) : nil
    for candidate in [numbered, place].compactMap(\.self) {
      // A file with a second name cannot be continued without changing the other name's content as well, and one that is
      // somebody else's is not taken away.
      guard let status = (try? directory.status(of: candidate.name)) ?? nil, status.kind == .regular,
        status.byteCount == byteCount
          || (completesFiles && status.byteCount < byteCount && status.linkCount == 1 && directory.isOwn(status)),
        let part = try read(Array(candidate.name), status.version, path, in: directory)
      else { continue }
      return Finding(place: .finalName(status.version), path: candidate, part: part)
    }
    return nil
  }

  private func lastNumbered(
    _ path: RelativePath, _ byteCount: Int64, in directory: DirectoryHandle
  ) -> RelativePath? {
    guard (try? directory.status(of: path.name)) != nil else { return nil }
    var last: [UInt8]?
    for number in 1...NumberedName.maximumNumber {
      let name = NumberedName.make(path.name, number)
      guard let status = try? directory.status(of: name) else { break }
      if status.kind == .regular, status.byteCount == byteCount { last = name }
    }
    return last.map(path.renamed)
  }

  private func read(
    _ name: [UInt8], _ version: FileStatus.Version, _ path: RelativePath, in directory: DirectoryHandle
  ) throws -> ReceivedPart? {
    do {
      let descriptor = try directory.openFile(name)
      let (chain, covered) = try PrefixChecksum.compute(over: descriptor, byteCount: version.byteCount)
      // What was read is this version only if it still is when everything is read.
      guard covered > 0, covered == version.byteCount, try descriptor.status().version == version else { return nil }
      return ReceivedPart(path: path.bytes, byteCount: covered, chain: chain)
    } catch is SystemError {
      return nil
    }
  }
}
