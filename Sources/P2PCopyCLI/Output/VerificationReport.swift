package import P2PCopy

/// What `p2p-copy verify` says about a result.
package enum VerificationReport {
  /// How many problems are named.
  package static let maximumNamedProblems = 100

  /// One line for each problem.
  package static func problemLines(_ result: ReceiptVerification.Result) -> [String] {
    var lines = result.problems.prefix(maximumNamedProblems).map { "differs: '\($0.path)' \($0.detail)" }
    let rest = result.problemCount - lines.count
    if rest > 0 { lines.append("and \(rest) more") }
    return lines
  }

  /// One line for the whole.
  package static func summary(_ result: ReceiptVerification.Result) -> String {
    var counts = [HumanReadable.count(result.fileCount, "file")]
    if result.directoryCount > 0 {
      counts.append(result.directoryCount == 1 ? "1 directory" : "\(result.directoryCount) directories")
    }
    if result.linkCount > 0 { counts.append(HumanReadable.count(result.linkCount, "symbolic link")) }
    var text = "checked \(counts.joined(separator: ", ")), \(HumanReadable.size(result.byteCount)): "
    text +=
      result.problemCount == 0 ? "everything matches" : "\(result.matchingCount) match, \(result.problemCount) differ"
    if result.knownByTimesCount > 0 {
      let files = HumanReadable.count(result.knownByTimesCount, "file")
      text += "; of \(files) the size only, as the receipt has no digest"
    }
    if !result.isReceiptConsistent { text += "; the receipt does not fit its own tree digest" }
    if !result.isReceiptComplete { text += "; the receipt is not that of a complete transfer" }
    return text
  }
}
