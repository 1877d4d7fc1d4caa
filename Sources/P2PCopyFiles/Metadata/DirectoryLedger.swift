package import P2PCopyCore

/// Where a directory that a transfer writes into comes from.
package enum DirectoryOrigin: Sendable {
  /// This transfer made it.
  case made
  /// It was there before, and is somebody's with the rights that it has.
  case found
}

/// The directories of a transfer, whose modes and times can be set only when nothing is written into them any more.
///
/// A directory takes its own name and 32 bytes, not its whole path: a transfer may have a million.
package struct DirectoryLedger {
  private struct Record {
    var modificationSeconds: Int64
    /// Where in ``names`` the name ends; it begins where that of the record before ends.
    var nameEnd: Int
    /// The record of a directory that this one is in, or -1; its path goes in front of the name.
    var parent: Int
    var modificationNanoseconds: UInt32
    var mode: UInt16
    var origin: DirectoryOrigin
  }

  private var names: [UInt8] = []
  private var records: [Record] = []
  /// The directory that was recorded last.
  private var lastPath: [UInt8] = []
  /// The directories that it is in and itself: their records, and how much of ``lastPath`` is theirs.
  private var chain: [(record: Int, end: Int)] = []

  /// How many directories are recorded.
  package var count: Int { records.count }

  /// Makes an empty ledger.
  package init() {}

  /// Records a directory that was made or met.
  ///
  /// - Parameters:
  ///   - path: The directory. Directories that it is in should have been recorded before.
  ///   - metadata: What to give it in the end.
  ///   - origin: Whether this transfer made it.
  package mutating func record(_ path: RelativePath, _ metadata: EntryMetadata, _ origin: DirectoryOrigin) {
    let slash = UInt8(ascii: "/")
    let bytes = path.bytes
    let common = zip(bytes, lastPath).prefix { $0 == $1 }.count
    while let last = chain.last, last.end > common || last.end >= bytes.count || bytes[last.end] != slash {
      chain.removeLast()
    }
    let parent = chain.last
    names += bytes[(parent.map { $0.end + 1 } ?? 0)...]
    records.append(
      Record(
        modificationSeconds: metadata.modificationSeconds, nameEnd: names.count,
        parent: parent?.record ?? -1, modificationNanoseconds: metadata.modificationNanoseconds, mode: metadata.mode,
        origin: origin))
    chain.append((records.count - 1, bytes.count))
    lastPath = bytes
  }

  /// Gives all directories their modes and times, those recorded last first, and forgets them.
  ///
  /// - Parameters:
  ///   - output: The directory they are in.
  ///   - keepingSetID: Whether setuid and setgid bits are kept.
  ///   - didRefuse: Called for each directory whose mode or time the file system refused.
  /// - Returns: The directories that are no longer where they were.
  package mutating func apply(
    in output: OutputDirectory, keepingSetID: Bool, didRefuse: (RelativePath, MetadataRefusal) -> Void
  ) -> [EntryFailure] {
    var failures: [EntryFailure] = []
    for index in records.indices.reversed() {
      let bytes = path(index)
      do throws(P2PCopyError) {
        let path = try RelativePath(validating: bytes)
        let refusal = try apply(index, path, in: output, keepingSetID)
        if !refusal.isEmpty { didRefuse(path, refusal) }
      } catch {
        failures.append(EntryFailure(path: EntryPath(bytes), error: error))
      }
    }
    self = DirectoryLedger()
    return failures
  }

  private func apply(
    _ index: Int, _ path: RelativePath, in output: OutputDirectory, _ keepingSetID: Bool
  ) throws(P2PCopyError) -> MetadataRefusal {
    let record = records[index]
    let metadata = EntryMetadata(
      mode: record.mode, modificationSeconds: record.modificationSeconds,
      modificationNanoseconds: record.modificationNanoseconds)
    return metadata.apply(
      to: try output.existingDirectory(path), origin: record.origin, keepingSetID: keepingSetID)
  }

  private func path(_ index: Int) -> [UInt8] {
    var lineage = [index]
    var last = index
    while records[last].parent >= 0 {
      last = records[last].parent
      lineage.append(last)
    }
    var path: [UInt8] = []
    for index in lineage.reversed() {
      if !path.isEmpty { path.append(UInt8(ascii: "/")) }
      path += names[(index == 0 ? 0 : records[index - 1].nameEnd)..<records[index].nameEnd]
    }
    return path
  }
}
