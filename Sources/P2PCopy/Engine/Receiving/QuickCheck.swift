import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Tells by size and time whether a file is complete, so that it need not be read: one that a transfer of ours put there
/// and to which nothing has happened since, or any if the user trusts that.
///
/// Used by one task alone; others have their own.
final class QuickCheck {
  private let settings: ReceiveSettings
  private let keeper: JournalKeeper
  private let output: OutputDirectory
  /// What lies elsewhere is not written to the disk together with the output directory, and is not taken down.
  private let device: UInt?
  /// When the transfer began, in seconds since 1970: what changed since may be its own.
  private let beginning: Int

  /// Begins to check for a session.
  ///
  /// - Parameters:
  ///   - settings: What was agreed and asked for.
  ///   - keeper: Has the transfer's journal.
  ///   - output: The directory, opened for this task.
  ///   - beginning: When the transfer began, in seconds since 1970.
  init(_ settings: ReceiveSettings, _ keeper: JournalKeeper, output: OutputDirectory, beginning: Int) {
    self.settings = settings
    self.keeper = keeper
    self.output = output
    self.beginning = beginning
    device = output.device
  }

  /// Whether a file counts as complete without being read.
  ///
  /// - Parameters:
  ///   - entry: What the sender has.
  ///   - path: Where it is here.
  ///   - status: What is there.
  /// - Returns: Whether it is a file of that size and time, and known or trusted.
  func isComplete(_ entry: IncomingEntry, at path: RelativePath, _ status: FileStatus) -> Bool {
    guard settings.checksQuickly, hasSameTime(entry, status) else { return false }
    // Two names of the sender's may be one here; the second one is not complete because the first one came.
    if settings.trustsTimes, status.changeSeconds < beginning { return true }
    guard settings.keepsJournal, let journal = keeper.existing(in: output, settings.logger) else { return false }
    return journal.file(at: path.bytes)?.isStill(status) == true
  }

  /// Takes a complete file down.
  ///
  /// - Parameters:
  ///   - path: Where it is.
  ///   - status: What it is under that name.
  ///   - digest: The digest of its content.
  func remember(_ path: RelativePath, _ status: FileStatus, digest: [UInt8]) {
    guard settings.keepsJournal, status.kind == .regular, status.identity.device == device,
      let journal = keeper.made(in: output, settings.logger)
    else { return }
    journal.record(PlacedFile(path, status, digestName: settings.digestName, digest: digest))
  }

  /// The same for a file that was there and was compared, if its size and time will tell the next time.
  func remember(_ entry: IncomingEntry, _ path: RelativePath, _ status: FileStatus, digest: [UInt8]) {
    guard hasSameTime(entry, status) else { return }
    remember(path, status, digest: digest)
  }

  private func hasSameTime(_ entry: IncomingEntry, _ status: FileStatus) -> Bool {
    guard case .file(let byteCount) = entry.kind, let metadata = entry.metadata else { return false }
    return status.kind == .regular && status.byteCount == byteCount
      && Int64(status.modificationSeconds) == metadata.modificationSeconds
      && Int64(status.modificationNanoseconds) == Int64(metadata.modificationNanoseconds)
  }
}
