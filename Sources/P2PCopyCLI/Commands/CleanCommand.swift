import ArgumentParser
import P2PCopy
import P2PCopyCore

struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Remove what transfers have left in an output directory beside what is complete.",
    discussion: """
      Removes partial files and the journal: regular files of this user with names that only p2p-copy uses, and none that a \
      receive is using now. What was removed is printed, and how many bytes it had. Transfers that broke off begin anew \
      afterwards.

      EXAMPLES
        p2p-copy clean --dry-run downloads
        p2p-copy clean --older-than 7d downloads
      """)

  @Argument(help: ArgumentHelp("The output directory.", valueName: "dir"), completion: .directory)
  var directory: LocalPath

  @Flag(help: "Print what would be removed, and remove nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp("Only what was written last so long ago, such as 90s, 30m, 2h or 7d.", valueName: "duration"))
  var olderThan: RetryDuration?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let removal = try OutputInspection(directory: directory)
      .clean(olderThan: olderThan?.duration ?? .zero, isDryRun: dryRun)
    for failure in removal.failures { try output.notice("cannot remove or read \(failure)") }
    let verb = dryRun ? "would remove" : "removed"
    for path in removal.paths {
      try output.output("\(verb) '\(path)'", as: CommandLines.removed(path, isDryRun: dryRun))
    }
    try output.output(
      "\(verb) \(HumanReadable.count(removal.count, "file")), \(HumanReadable.size(removal.byteCount))",
      as: CommandLines.cleaned(removal, isDryRun: dryRun))
    guard removal.failures.isEmpty else {
      throw P2PCopyError(
        .destinationUnwritable, "\(removal.failures.count) things in '\(directory)' could not be removed or read")
    }
  }
}
