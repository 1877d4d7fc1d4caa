import ArgumentParser
import P2PCopy

struct SendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send files and directories.",
    usage: """
      p2p-copy send <server> <code> <path> ... [options]
      p2p-copy send <path> ... [--relay URL] [options]
      """,
    discussion: """
      With a relay as the first argument the code is the second, and everything after it is sent. Without, the relay is \
      --relay or P2P_COPY_RELAY, and the code comes from --code-file, P2P_COPY_CODE or a prompt, where 'ps' does not show \
      it. With no relay at all, one is started inside the sender, a code is made, everything is encrypted, and the command \
      for the other side is printed.

      A code that begins n=N=n, such as n=4=nsecret, spreads the files over N connections.

      EXAMPLES
        p2p-copy send results/ notes.txt
        p2p-copy send results/ --listen 192.0.2.7
        p2p-copy send wss://relay.example.org CODE results/ --encrypt --resume
        P2P_COPY_RELAY=wss://relay.example.org p2p-copy send results/ --code-file ~/.code --encrypt
        p2p-copy send ws://localhost:8765 CODE -- -name-with-a-dash
      """)

  @Argument(help: ArgumentHelp("Relay and code, if given here, and what to send.", valueName: "path"))
  var arguments: [String]

  @OptionGroup var connection: ConnectionOptions

  @Option(help: "Compress: auto (per file, if the first chunk shrinks below 95 %), on, off.")
  var compress = CompressionMode.auto

  @Flag(inversion: .prefixedNo, help: "Skip what the receiver has already and complete what it has in part.")
  var resume: Bool?

  @Option(
    help: ArgumentHelp(
      "Without a relay: where the one inside the sender listens. Loopback unless given; 0.0.0.0 for every address.",
      valueName: "address[:port]"))
  var listen: String?

  func run() async throws {
    let place = try MeetingPlace(
      arguments: arguments, relay: connection.relay, codeFile: connection.codeFile, takesPaths: true)
    guard !place.paths.isEmpty else {
      throw P2PCopyError(.usage, "there is nothing to send: name files or directories (p2p-copy send --help)")
    }
    if let relay = place.relay {
      guard listen == nil else {
        throw P2PCopyError(.usage, "--listen is for the relay inside the sender, and a relay is given: leave out one")
      }
      let code = try place.code ?? CodeSource.read(codeFile: connection.codeFile)
      try await send(place.paths, relay: relay, code: code, encrypt: connection.encrypt)
    } else {
      let codes = try CodeSource.given(codeFile: connection.codeFile)
      try await EmbeddedRelay.run(listen: listen, code: codes) { relay, code, invitation in
        try await send(place.paths, relay: relay, code: code, encrypt: true, invitation: invitation)
      }
    }
  }

  private func send(
    _ paths: [String], relay: RelayAddress, code: PairingCode, encrypt: Bool, invitation: [String] = []
  ) async throws {
    var options = SendOptions()
    options.encrypt = encrypt
    options.compression = compress
    options.resume = resume
    options.peerTimeout = .seconds(connection.wait)
    options.transport = connection.transportOptions
    let sender = Sender(relay: relay, code: code, codecs: CommandLineTool.codecs, options: options)
    let view = TransferView(role: .sender, quiet: connection.quiet, invitation: invitation)
    try await Interruptible.run {
      try await sender.send(paths) { events in await view.show(events) }
    }
  }
}
