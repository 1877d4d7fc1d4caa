import P2PCopy
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// The lines of `--json` for what commands print that transfer nothing.
enum CommandLines {
  /// What `send --dry-run` finds.
  static func entry(_ entry: SourceListing.Entry) -> EventLine {
    EventLine("entry_listed") { json in
      json.field("path", entry.path)
      switch entry.kind {
      case .file(let byteCount):
        json.field("kind", "file")
        json.field("bytes", byteCount)
      case .directory: json.field("kind", "directory")
      case .symbolicLink(let target):
        json.field("kind", "symbolic_link")
        json.field("target", EntryPath(target))
      }
    }
  }

  /// The end of `send --dry-run`.
  static func listed(fileCount: Int, byteCount: Int64, failureCount: Int) -> EventLine {
    EventLine("listed") { json in
      json.field("files", fileCount)
      json.field("bytes", byteCount)
      json.field("failures", failureCount)
    }
  }

  /// What `verify` finds wrong.
  static func difference(_ problem: ReceiptVerification.Problem) -> EventLine {
    EventLine("difference") { json in
      json.field("path", problem.path)
      json.field("what", problem.what.rawValue)
      json.field("detail", problem.detail)
    }
  }

  /// The end of `verify`.
  static func verified(_ result: ReceiptVerification.Result) -> EventLine {
    EventLine("verified") { json in
      json.field("matching", result.matchingCount)
      json.field("differing", result.problemCount)
      json.field("files", result.fileCount)
      json.field("directories", result.directoryCount)
      json.field("links", result.linkCount)
      json.field("bytes", result.byteCount)
      json.field("known_by_times", result.knownByTimesCount)
      json.field("is_receipt_consistent", result.isReceiptConsistent)
      json.field("is_receipt_complete", result.isReceiptComplete)
    }
  }

  /// What `status` says.
  static func status(_ status: OutputInspection.Status) -> EventLine {
    EventLine("status") { json in
      json.field("partial_files", status.partialFiles) { json, file in
        json.field("path", file.path)
        json.field("bytes", file.byteCount)
        json.field("mtime", file.modificationSeconds)
        json.field("in_use", file.isInUse)
      }
      json.field("partial_file_count", status.partialFileCount)
      json.field("partial_bytes", status.partialByteCount)
      json.key("journal")
      guard let journal = status.journal else { return json.null() }
      json.object { json in
        json.field("files", journal.fileCount)
        json.field("unchanged", journal.unchangedCount)
        json.field("changed", journal.changedCount)
        json.field("gone", journal.goneCount)
        if let problem = journal.problem { json.field("problem", problem) }
      }
    }
  }

  /// A file that `clean` removed, or would.
  static func removed(_ path: EntryPath, isDryRun: Bool) -> EventLine {
    EventLine("removed") { json in
      json.field("path", path)
      json.field("dry_run", isDryRun)
    }
  }

  /// The end of `clean`.
  static func cleaned(_ removal: OutputInspection.Removal, isDryRun: Bool) -> EventLine {
    EventLine("cleaned") { json in
      json.field("files", removal.count)
      json.field("bytes", removal.byteCount)
      json.field("failures", removal.failures.count)
      json.field("dry_run", isDryRun)
    }
  }

  /// What `send` tells a person to type at the other side.
  static func code(_ invitation: Invitation) -> EventLine {
    code(invitation.code, relays: invitation.relays, commands: invitation.commands)
  }

  /// See ``code(_:)``; a code alone is a fresh one.
  static func code(_ code: String?, relays: [String] = [], commands: [String] = []) -> EventLine {
    EventLine("code") { json in
      if let code { json.field("code", code) }
      for (name, texts) in [("relays", relays), ("commands", commands)] where !texts.isEmpty {
        json.key(name)
        json.array { json in for text in texts { json.safeString(text) } }
      }
    }
  }

  /// A codec of this build.
  static func codec(_ codec: any Codec, _ kind: CodecKind) -> EventLine {
    EventLine("codec") { json in
      json.field("kind", kind.rawValue)
      json.field("name", codec.name.description)
      json.field("summary", codec.summary)
      if let library = codec.library { json.field("library", library) }
      json.field("negotiated", kind.isNegotiated)
      json.field("parameters", codec.parameters) { json, parameter in
        json.field("name", parameter.name)
        json.field("value", "\(parameter.value)")
        json.field("default", "\(parameter.defaultValue)")
        json.field("domain", parameter.domain.summary)
        json.field("help", parameter.help)
      }
    }
  }

  /// Where a relay listens.
  static func listening(_ address: String) -> EventLine {
    EventLine("listening") { $0.field("address", address) }
  }
}
