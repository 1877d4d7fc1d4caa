import P2PCopy

/// What `p2p-copy status` says.
enum StatusReport {
  /// One line for each partial file, and one or two for the whole.
  static func lines(_ status: OutputInspection.Status, now: Int64) -> [String] {
    var lines = status.partialFiles.map { file in
      let age = max(0, now.subtractingReportingOverflow(file.modificationSeconds).partialValue)
      return "incomplete: '\(file.path)', \(HumanReadable.size(file.byteCount)), "
        + (file.isInUse ? "being received" : "written last \(HumanReadable.time(.seconds(min(age, 1 << 40)))) ago")
    }
    let rest = status.partialFileCount - lines.count
    if rest > 0 { lines.append("and \(rest) more") }
    lines.append(
      status.partialFileCount == 0
        ? "nothing incomplete"
        : "\(HumanReadable.count(status.partialFileCount, "partial file")), "
          + HumanReadable.size(status.partialByteCount))
    lines.append(journalLine(status.journal))
    return lines
  }

  private static func journalLine(_ journal: OutputInspection.Journal?) -> String {
    guard let journal else { return "no journal" }
    if let problem = journal.problem { return "a journal that is not used: \(problem)" }
    return "a journal of \(HumanReadable.count(journal.fileCount, "complete file")):"
      + " \(journal.unchangedCount) unchanged, \(journal.changedCount) changed, \(journal.goneCount) gone"
  }
}
