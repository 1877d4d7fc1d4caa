import ArgumentParser
import P2PCopy

struct ReceiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive",
    abstract: "Receive what a sender with the same code sends.",
    usage: """
      p2p-copy receive <server> <code> [--out DIR] [options]
      p2p-copy receive [--relay URL] [--out DIR] [options]
      """,
    discussion: """
      Nothing is written outside the output directory, whatever the sender names. A file gets its name when it is \
      complete; until then it is kept as .NAME.p2p-copy-partial and can be resumed by a sender with --resume.

      EXAMPLES
        p2p-copy receive wss://relay.example.org CODE --out downloads --encrypt
        P2P_COPY_RELAY=wss://relay.example.org p2p-copy receive --encrypt      # asks for the code
        p2p-copy receive --relay ws://localhost:8765 --code-file ~/.code --on-conflict rename
      """)

  @Argument(help: ArgumentHelp("Relay and code, if given here.", valueName: "server code"))
  var arguments: [String] = []

  @OptionGroup var connection: ConnectionOptions

  @Option(help: ArgumentHelp("The output directory; made when missing.", valueName: "dir"))
  var out = "."

  @Option(
    help: """
      When something of a file's name exists: fail (receive the others, then exit 13), overwrite, skip, \
      rename (to 'name (1)').
      """)
  var onConflict = ConflictPolicy.fail

  func run() async throws {
    let place = try MeetingPlace(
      arguments: arguments, relay: connection.relay, codeFile: connection.codeFile, takesPaths: false)
    guard let relay = place.relay else {
      throw P2PCopyError(
        .usage, "no relay: give one such as wss://relay.example.org as the first argument, --relay or P2P_COPY_RELAY")
    }
    let code = try place.code ?? CodeSource.read(codeFile: connection.codeFile)
    var options = ReceiveOptions()
    options.encrypt = connection.encrypt
    options.conflictPolicy = onConflict
    options.peerTimeout = .seconds(connection.wait)
    options.transport = connection.transportOptions
    let receiver = Receiver(relay: relay, code: code, codecs: CommandLineTool.codecs, options: options)
    let view = TransferView(role: .receiver, quiet: connection.quiet)
    try await Interruptible.run {
      try await receiver.receive(into: out) { events in await view.show(events) }
    }
  }
}
