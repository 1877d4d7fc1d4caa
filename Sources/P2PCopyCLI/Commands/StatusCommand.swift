import ArgumentParser
import P2PCopy
import P2PCopyCore
import P2PCopyPlatform

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say what transfers have left in an output directory.",
    discussion: """
      Lists the partial files, which the same send and receive go on with, and says what the journal knows of the files \
      that are complete. Nothing is changed, and no link is followed.

      The exit status is 0 when nothing incomplete lies there, 14 when something does.

      EXAMPLES
        p2p-copy status downloads
        p2p-copy status --json downloads
      """)

  @Argument(help: ArgumentHelp("The output directory.", valueName: "dir"), completion: .directory)
  var directory: LocalPath

  @OptionGroup var output: OutputOptions

  func run() throws {
    let status = try OutputInspection(directory: directory).status()
    for path in status.unreadable { try output.notice("cannot read \(path)") }
    if output.json {
      try Console.output(CommandLines.status(status).text)
    } else {
      for line in StatusReport.lines(status, now: Int64(time(nil))) { try Console.output(line) }
    }
    guard status.partialFileCount == 0 else {
      throw P2PCopyError(
        .incomplete, "\(HumanReadable.count(status.partialFileCount, "file")) in '\(directory)' did not arrive whole",
        remedy: .resume)
    }
  }
}
