import P2PCopy
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// The lines of `--json` for a transfer's events.
struct TransferLines {
  /// No more often than this is there a line of progress.
  private static let progressInterval = Duration.milliseconds(250)

  let role: PeerRole
  private var lastProgress: ContinuousClock.Instant?

  init(role: PeerRole) {
    self.role = role
  }

  /// The line for an event; `nil` for progress that comes too soon after the last.
  mutating func line(for event: TransferEvent, at now: ContinuousClock.Instant = .now) -> EventLine? {
    switch event {
    case .progress(let progress):
      if let lastProgress, now - lastProgress < Self.progressInterval { return nil }
      lastProgress = now
      return Self.line(progress)
    case .started(let progress): return progress.isTotalKnown ? Self.started(progress) : nil
    case .finished(let summary): return Self.line(summary, role)
    default: return Self.line(event, role)
    }
  }

  private static func line(_ event: TransferEvent, _ role: PeerRole) -> EventLine? {
    switch event {
    case .waitingForPeer(let endpoint):
      EventLine("waiting") { json in
        json.field("role", role.rawValue)
        json.field("at", "\(endpoint)")
      }
    case .paired: EventLine("paired")
    case .negotiated(let terms): line(terms)
    case .connectionLost(let reason, let patience):
      EventLine("reconnecting") { json in
        json.field("reason", reason)
        json.field("retry_for_ms", milliseconds: patience)
      }
    case .reconnected(let duration): EventLine("reconnected") { $0.field("after_ms", milliseconds: duration) }
    case .startedAgain: EventLine("peer_restarted")
    case .checking(let path): EventLine("checking") { $0.field("path", path) }
    case .fileStarted(let path, let byteCount):
      EventLine("entry_started") { json in
        json.field("path", path)
        if let byteCount { json.field("bytes", byteCount) }
      }
    case .fileFinished(let path, let byteCount):
      EventLine("entry_finished") { json in
        json.field("path", path)
        json.field("bytes", byteCount)
      }
    case .fileSkipped(let path, let reason):
      EventLine("entry_skipped") { json in
        json.field("path", path)
        json.field("reason", reason)
      }
    case .renamed(let path, let newPath):
      EventLine("entry_renamed") { json in
        json.field("path", path)
        json.field("new_path", newPath)
      }
    case .fileRepeated(let path, let reason):
      EventLine("retried") { json in
        json.field("path", path)
        json.field("reason", reason)
      }
    case .fileFailed(let failure): line(failure)
    case .notice(let text): .notice(text)
    default: nil
    }
  }

  /// An entry that failed.
  static func line(_ failure: EntryFailure) -> EventLine {
    EventLine("entry_failed") { json in
      json.field("path", failure.path)
      json.field("code", failure.error.code.name)
      json.field("message", failure.error.message)
      if let remedy = failure.error.remedy { json.field("remedy", remedy.rawValue) }
    }
  }

  private static func line(_ terms: TransferTerms) -> EventLine {
    EventLine("negotiated") { json in
      json.field("cipher", terms.cipher.description)
      if let compressor = terms.compressor { json.field("compressor", compressor.description) }
      json.field("digest", terms.digest.description)
      json.field("chunk_bytes", terms.chunkByteCount)
      json.field("resumes", terms.resumes)
      json.field("connections", terms.connectionCount)
    }
  }

  private static func started(_ progress: TransferProgress) -> EventLine {
    EventLine("started") { json in
      json.field("files", progress.totalFileCount)
      json.field("bytes", progress.totalByteCount)
    }
  }

  private static func line(_ progress: TransferProgress) -> EventLine {
    EventLine("progress") { json in
      json.field("bytes", progress.byteCount)
      json.field("transferred_bytes", progress.transferredByteCount)
      json.field("files", progress.fileCount)
      json.field("is_total_known", progress.isTotalKnown)
      json.field("total_bytes", progress.totalByteCount)
      json.field("total_files", progress.totalFileCount)
      if let path = progress.currentPath { json.field("path", path) }
    }
  }

  private static func line(_ summary: TransferSummary, _ role: PeerRole) -> EventLine {
    EventLine("summary") { json in
      json.field("role", role.rawValue)
      json.field("complete_files", summary.completeFileCount)
      json.field("unchanged_files", summary.unchangedFileCount)
      json.field("skipped_files", summary.skippedFileCount)
      json.field("renamed", summary.renamedCount)
      json.field("directories", summary.directoryCount)
      json.field("links", summary.linkCount)
      json.field("transferred_bytes", summary.transferredByteCount)
      json.field("resumed_bytes", summary.resumedByteCount)
      json.field("duration_ms", milliseconds: summary.duration)
      json.field("failures", summary.failureCount)
      json.field("metadata_refusals", summary.metadataRefusalCount)
      json.field("lost_events", summary.lostEventCount)
    }
  }
}
