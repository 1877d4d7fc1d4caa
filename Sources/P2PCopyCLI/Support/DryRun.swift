import P2PCopy
import P2PCopyCore

/// Lists what would be sent.
enum DryRun {
  /// Prints one line an entry on standard output, and what is left out or cannot be read on standard error.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/sourceUnreadable`` when something cannot be read,
  ///   ``OutputFailure`` when standard output does not take the list.
  static func run(_ paths: [LocalPath], _ options: SendOptions, quiet: Bool, _ output: OutputOptions) throws {
    var fileCount = 0
    var byteCount = SaturatingCount<Int64>()
    var failures: [EntryFailure] = []
    for element in try options.listing(of: paths) {
      switch element {
      case .entry(let entry):
        if case .file(let size) = entry.kind {
          fileCount += 1
          byteCount += size
        }
        try output.output(line(for: entry), as: CommandLines.entry(entry))
      case .notice(let text): try output.notice(text, quiet: quiet)
      case .failure(let failure):
        Console.error("cannot send: \(failure.error.commandLine)")
        if output.json { try Console.output(TransferLines.line(failure).text) }
        failures.append(failure)
      }
    }
    if !quiet {
      Console.error(
        "\(HumanReadable.count(fileCount, "file")), \(HumanReadable.size(byteCount.value)) would be sent; nothing was")
    }
    if output.json {
      try Console.output(
        CommandLines.listed(fileCount: fileCount, byteCount: byteCount.value, failureCount: failures.count).text)
    }
    guard let first = failures.first else { return }
    throw failures.count == 1
      ? first.error
      : P2PCopyError(
        .sourceUnreadable, "\(failures.count) entries cannot be read, the first: \(first.error.message)",
        remedy: first.error.remedy, scope: .entry)
  }

  private static func line(for entry: SourceListing.Entry) -> String {
    switch entry.kind {
    case .file(let byteCount): "\(entry.path)\t\(byteCount)"
    case .directory: "\(entry.path)/"
    case .symbolicLink(let target): "\(entry.path) -> \(DisplayText.escaped(target))"
    }
  }
}
