import ArgumentParser
import P2PCopy
import SystemPackage

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
      it. With no relay at all, one is started inside the sender, a code is made, and the command for the other side is \
      printed. 'p2p-copy code' prints a fresh code. The path '-' stands for standard input.

      What the receiver has already is not sent again, and what it has in part is completed. The exit status is 0 only \
      when every entry is in place at the receiver and both sides agree on its content.

      EXAMPLES
        p2p-copy send results/ notes.txt
        p2p-copy send results/ --listen 192.0.2.7
        p2p-copy send wss://relay.example.org 482137-lusab-babad results/ --receipt receipt.json
        p2p-copy send results/ --exclude '*.tmp' --exclude cache/ --dry-run
        P2P_COPY_RELAY=wss://relay.example.org p2p-copy send results/ --code-file ~/.code --compressor zstd --level 9
        p2p-copy send wss://relay.example.org --code-file ~/.code results/ --codec zstd.level=9
        tar c . | p2p-copy send --relay wss://relay.example.org --code-file ~/.code -
        p2p-copy send wss://relay.example.org --code-file ~/.code results/ --json | jq -c 'select(.event == "progress")'
        p2p-copy send ws://localhost:8765 CODE -- -name-with-a-dash
      """)

  @Argument(
    help: ArgumentHelp("Relay and code, if given here, and what to send.", valueName: "path"), completion: .file())
  var arguments: [PositionalArgument]

  @OptionGroup var connection: ConnectionOptions

  @OptionGroup var output: OutputOptions

  @OptionGroup var selection: SelectionOptions

  @Option(help: "Compress: auto (per file, as long as it shrinks below 95 %), on, off.")
  var compress = CompressionMode.auto

  @Option(
    help: ArgumentHelp("The compressor to prefer (p2p-copy codecs lists them).", valueName: "name"),
    completion: .codecs(.compressor))
  var compressor: CodecName?

  @Option(help: ArgumentHelp("The preferred compressor's level.", valueName: "number"))
  var level: Int?

  @Option(
    help: ArgumentHelp("The only cipher to offer (p2p-copy codecs lists them).", valueName: "name"),
    completion: .codecs(.cipher))
  var cipher: CodecName?

  @Flag(
    inversion: .prefixedNo,
    help: "Skip what the receiver has and complete what it has in part. Protocol 2 does, unless told not to.")
  var resume: Bool?

  @Flag(
    help: """
      Send a file to which something is appended meanwhile, such as a log, as long as it was when it was opened. Without, it \
      has changed: it is sent once more, and then named as failed. Protocol 2 only.
      """)
  var appendGrowing = false

  @Flag(
    help: """
      Check every bag (BagIt, RFC 8493) among what is given before anything is sent: all that its manifests list has to be there \
      with its digest, and nothing else.
      """)
  var checkBag = false

  @Option(
    help: ArgumentHelp(
      "Send at most so many bytes a second, such as 20M, over all connections together and as they travel.",
      valueName: "size"))
  var limitRate: ByteLimit?

  @Flag(help: "List what would be sent, and send nothing. Needs no relay.")
  var dryRun = false

  @Option(help: ArgumentHelp("The name of standard input at the receiver.", valueName: "name"))
  var stdinName: LocalPath = "stdin"

  @Option(
    help: ArgumentHelp(
      "Without a relay: where the one inside the sender listens. Loopback unless given; 0.0.0.0 for every address.",
      valueName: "address[:port]"))
  var listen: String?

  @Flag(help: "Without a relay: draw the command for the other side as a QR code on the terminal as well.")
  var qr = false

  @Flag(
    help: "Without a relay: put the command for the other side on the terminal's clipboard, where it takes OSC 52.")
  var copy = false

  func validate() throws {
    guard connection.transferProtocol == .one else { return }
    // What the library has no option for; the others it refuses itself.
    if compressor != nil || level != nil {
      throw ValidationError("--compressor and --level are for protocol 2: leave out --protocol 1")
    }
  }

  func run() async throws {
    let given = try TransferArguments(
      arguments: arguments, relay: connection.relayOption(), isCodeGiven: connection.isCodeGiven, takesPaths: true)
    if given.paths.contains("-") {
      guard given.paths.count == 1 else {
        throw P2PCopyError(.usage, "'-' (standard input) is sent alone: leave out the other paths, or send ./-")
      }
      guard connection.transferProtocol == .two else {
        throw P2PCopyError(.usage, "protocol 1 cannot send standard input ('-'): leave out --protocol 1, or send ./-")
      }
      guard !dryRun else {
        throw P2PCopyError(.usage, "--dry-run lists files, and '-' is standard input: leave out one")
      }
    }
    guard !given.paths.isEmpty else {
      throw P2PCopyError(.usage, "there is nothing to send: name files or directories (p2p-copy send --help)")
    }
    let options = try sendOptions()
    let stopTime = try connection.stopTime()
    if checkBag { try checkBags(given.paths) }
    if given.paths.contains("-") {
      try options.checkForStream(naming: \.argument)
    } else {
      try options.check(naming: \.argument)
    }
    // Before a relay is started, or anybody is asked for a code.
    let codecs = try self.codecs()
    if dryRun {
      try DryRun.run(given.paths, options, quiet: connection.quiet, output)
      return
    }
    if !given.relays.isEmpty {
      guard !qr, !copy else {
        throw P2PCopyError(
          .usage, "--qr and --copy are for the relay inside the sender, and a relay is given: leave out one")
      }
      guard listen == nil else {
        throw P2PCopyError(.usage, "--listen is for the relay inside the sender, and a relay is given: leave out one")
      }
      let code = try given.code ?? CodeSource.read(codeFile: connection.codeFile)
      try connection.check(code, output)
      try await send(given.paths, relays: given.relays, code: code, codecs, options, until: stopTime)
    } else {
      let code = try CodeSource.given(codeFile: connection.codeFile)
      if let code { try connection.check(code, output) }
      try await EmbeddedRelay.run(
        listen: listen.map { ArgumentText.text($0) }, code: code, transferProtocol: connection.transferProtocol
      ) {
        relay, code, invitation in
        var options = options
        options.encrypt = true
        // It is in this process.
        options.transport.proxy = .none
        if qr { try invitation.drawCode() }
        if copy { try invitation.copy() }
        try await send(
          given.paths, relays: [relay], code: code, codecs, options, until: stopTime, invitation: invitation)
      }
    }
  }

  private func checkBags(_ paths: [LocalPath]) throws {
    var view = VerificationView(isShown: !connection.quiet && Console.isTerminal)
    for path in paths {
      defer { view.clear() }
      let count = try BagCheck(directory: path).run { byteCount, file in
        var progress = TransferProgress()
        progress.isTotalKnown = false
        progress.byteCount = byteCount
        progress.transferredByteCount = byteCount
        progress.currentPath = file
        view.show(progress)
      }
      view.clear()
      let text = "the bag '\(path)' is as its manifests say: \(HumanReadable.count(count, "file"))"
      try output.notice(text, quiet: connection.quiet)
    }
  }

  private func sendOptions() throws -> SendOptions {
    try OutputFiles.check(
      [connection.receipt, connection.checksums],
      apartFrom: [connection.codeFile, connection.caFile, connection.sign, selection.filesFrom])
    var options = SendOptions()
    options.transferProtocol = connection.transferProtocol
    options.encrypt = connection.encrypt ?? false
    options.compression = compress
    options.resume = resume
    options.acceptsGrowingFiles = appendGrowing
    options.cipher = cipher
    options.rules = SelectionOptions.rules(in: CommandLineTool.arguments)
    options.fileList = try selection.fileList()
    options.links = selection.links
    options.keepsMetadata = selection.metadata
    options.receiptFile = connection.receipt
    options.signingKeyFile = connection.sign
    options.checksumsFile = connection.checksums
    options.comparesContent = connection.checksum
    options.reportsEachFile = output.json || !connection.quiet && !Console.isTerminal
    options.rateLimit = limitRate?.byteCount
    options.peerTimeout = .seconds(connection.wait)
    options.connections = connection.connections
    options.retryDuration = connection.retryFor?.duration
    options.transport = try connection.transportOptions()
    return options
  }

  private func codecs() throws -> CodecRegistry {
    var codecs = try connection.codecs()
    if let compressor { try codecs.prefer(compressor: compressor) }
    guard let level else { return codecs }
    guard let preferred = codecs.compressors.first?.name else {
      throw P2PCopyError(.usage, "this build has no compressor whose level could be set: leave out --level")
    }
    let isSet = try connection.codecSettings().contains { setting in
      setting.codec == preferred.description && setting.parameter == "level"
    }
    guard !isSet else {
      throw P2PCopyError(.usage, "--level and --codec \(preferred).level=… are both given: leave out one")
    }
    try codecs.set("level", of: preferred, to: .integer(level))
    return codecs
  }

  private func send(
    _ paths: [LocalPath], relays: [RelayAddress], code: PairingCode, _ codecs: CodecRegistry, _ options: SendOptions,
    until stopTime: ContinuousClock.Instant?, invitation: Invitation? = nil
  ) async throws {
    let sender = Sender(relays: relays, code: code, codecs: codecs, options: options)
    let view = TransferView(
      role: .sender, quiet: connection.quiet, isJSON: output.json, invitation: invitation)
    try await Interruptible.run(until: stopTime) { stop in
      try await view.tellingOutputFailures(to: stop).watch { listener in
        if paths == ["-"] {
          try await sender.send(.standardInput, named: stdinName.bytes, listener: listener)
        } else {
          try await sender.send(paths, listener: listener)
        }
      }
    }
  }
}
