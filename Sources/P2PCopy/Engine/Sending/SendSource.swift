import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

/// What a session sends: a walk over files, or standard input.
///
/// Safe to pass between tasks although a walk is not: after it was checked, only the walking task has it.
final class SendSource: @unchecked Sendable {
  private let walk: SourceWalk?
  private let streamEntry: SourceEntry?

  /// Files and directories.
  init(_ walk: SourceWalk) {
    self.walk = walk
    streamEntry = nil
  }

  /// Standard input, which arrives as a file of that name.
  init(streamNamed name: RelativePath) {
    walk = nil
    streamEntry = SourceEntry(
      location: Array("/dev/stdin".utf8), path: name, kind: .stream,
      metadata: EntryMetadata(mode: 0o644, modificationSeconds: 0, modificationNanoseconds: 0))
  }

  /// The pages of the manifest. Called once.
  func pages(_ monitor: TransferMonitor, _ failures: EntryFailures) -> SourcePages {
    var streamEntry = streamEntry
    let walk = walk
    return SourcePages(monitor: monitor, failures: failures) {
      if let entry = streamEntry {
        streamEntry = nil
        return .entry(entry)
      }
      return walk?.next()
    }
  }
}
