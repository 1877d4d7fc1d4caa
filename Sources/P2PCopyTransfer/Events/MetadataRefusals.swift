import P2PCopyFiles
import P2PCopyPlatform

/// Counts the modes and times that a destination refused, by kind: on a file system without them it is every one, and a
/// person wants to read it once.
struct MetadataRefusals: Sendable {
  private struct Tally {
    var count = 0
    /// The first that was refused, and why.
    let shown: String
    let error: SystemError
  }

  /// Of how many entries something was refused.
  package private(set) var entryCount = 0
  private var modes: [DeliveredEntry.Kind: Tally] = [:]
  private var times: [DeliveredEntry.Kind: Tally] = [:]

  /// Takes down what was refused of an entry.
  package mutating func add(_ refusal: MetadataRefusal, of kind: DeliveredEntry.Kind, _ shown: String) {
    entryCount += 1
    if let error = refusal.mode { modes[kind, default: Tally(shown: shown, error: error)].count += 1 }
    if let error = refusal.time { times[kind, default: Tally(shown: shown, error: error)].count += 1 }
  }

  /// One line for each kind.
  package var lines: [String] {
    let kinds: [(DeliveredEntry.Kind, String, String)] = [
      (.file, "file", "files"), (.directory, "directory", "directories"),
      (.symbolicLink, "symbolic link", "symbolic links"),
    ]
    var lines: [String] = []
    for (what, tallies) in [("mode", modes), ("time", times)] {
      for (kind, one, many) in kinds {
        guard let tally = tallies[kind] else { continue }
        lines.append(
          tally.count == 1
            ? "the \(what) of the \(one) '\(tally.shown)' could not be set: \(tally.error)"
            : "the \(what)s of \(tally.count) \(many) could not be set, the first '\(tally.shown)': \(tally.error)")
      }
    }
    return lines
  }
}
