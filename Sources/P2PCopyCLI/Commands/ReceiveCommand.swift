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
      complete; until then it is kept as .NAME.p2p-copy-partial, and the same commands run again go on from there.

      EXAMPLES
        p2p-copy receive wss://relay.example.org 482137-lusab-babad --out downloads
        P2P_COPY_RELAY=wss://relay.example.org p2p-copy receive      # asks for the code
        p2p-copy receive --relay ws://localhost:8765 --code-file ~/.code --on-conflict rename
        p2p-copy receive --relay wss://relay.example.org --code-file ~/.code --codec NAME.PARAMETER=VALUE
        p2p-copy receive --relay wss://relay.example.org --code-file ~/.code --stdout | tar x
      """)

  @Argument(help: ArgumentHelp("Relay and code, if given here.", valueName: "server code"))
  var arguments: [PositionalArgument] = []

  @OptionGroup var connection: ConnectionOptions

  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp("The output directory; made when missing. Unless given: the current one.", valueName: "dir"),
    completion: .directory)
  var out: LocalPath?

  @Flag(help: "Write the content of the one file that is sent to standard output.")
  var stdout = false

  @Option(
    help: """
      When something of a file's name exists and is not the same: fail (receive the others, then exit 13), overwrite, \
      skip, rename (to 'name (1)').
      """)
  var onConflict = ConflictPolicy.fail

  @Flag(
    help: """
      Protocol 1: let a sender with --resume complete files that have their final names here, as the Python tool leaves \
      them.
      """)
  var resume = false

  @Flag(inversion: .prefixedNo, help: "Set modes and times as they were at the sender.")
  var metadata = true

  @Flag(help: "Keep set-user-id and set-group-id bits, which are dropped otherwise.")
  var keepSetID = false

  @Option(
    help: ArgumentHelp(
      """
      Take at most so many bytes besides what is here already, such as 500M or 10G; a sender that sends more ends with 23 \
      before anything beyond is written. Protocol 2 only.
      """, valueName: "size"))
  var maxBytes: ByteLimit?

  @Option(
    help: ArgumentHelp(
      "Take at most so many files, directories and links. Protocol 2 only.", valueName: "number"))
  var maxFiles: Int?

  @Flag(
    help: """
      Count every file as complete that has the size and the time it has at the sender, whoever put it there, without \
      reading it. Otherwise only those that an earlier transfer put there and that nobody has touched since.
      """)
  var trustTimes = false

  @Flag(
    inversion: .prefixedNo,
    help: """
      Keep a journal in the output directory, .p2p-copy-journal, so that what is complete need not be read again.
      """)
  var journal = true

  @Flag(
    help: """
      Make the output directory a bag (BagIt, RFC 8493): what comes goes into its 'data', and when all of it is there the \
      manifest and the other tag files are written. Protocol 2 only.
      """)
  var bag = false

  @Option(
    help: ArgumentHelp(
      "What bag-info.txt says, such as Source-Organization=Our-Lab; repeatable.", valueName: "label=value"))
  var bagInfo: [String] = []

  func validate() throws {
    if !bagInfo.isEmpty, !bag { throw ValidationError("--bag-info is for --bag, which is not given") }
    if bag, stdout { throw ValidationError("--bag and --stdout exclude each other: leave out one") }
    if let maxFiles, maxFiles < 0 { throw ValidationError("--max-files takes a number from 0") }
    if stdout, out != nil { throw ValidationError("--stdout and --out exclude each other: leave out one") }
    if stdout, output.json {
      throw ValidationError("--stdout and --json both write to standard output: leave out one")
    }
    if stdout, connection.transferProtocol == .one {
      throw ValidationError("--stdout is for protocol 2: leave out --protocol 1")
    }
  }

  private func bagInformation() throws(P2PCopyError) -> BagInformation {
    var information = BagInformation(softwareAgent: "p2p-copy \(PackageVersion.text)")
    for text in bagInfo.map({ ArgumentText.text($0) }) {
      guard let equals = text.firstIndex(of: "=") else {
        throw P2PCopyError(.usage, "--bag-info takes LABEL=VALUE, such as Source-Organization=Our-Lab")
      }
      try information.add(String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
    return information
  }

  func run() async throws {
    let given = try TransferArguments(
      arguments: arguments, relay: connection.relayOption(), isCodeGiven: connection.isCodeGiven, takesPaths: false)
    guard !given.relays.isEmpty else {
      throw P2PCopyError(
        .usage, "no relay: give one such as wss://relay.example.org as the first argument, --relay or P2P_COPY_RELAY")
    }
    try OutputFiles.check(
      [connection.receipt, connection.checksums], apartFrom: [connection.codeFile, connection.caFile, connection.sign])
    var options = ReceiveOptions()
    options.transferProtocol = connection.transferProtocol
    options.encrypt = connection.encrypt ?? false
    options.conflictPolicy = onConflict
    options.completesFiles = resume
    options.keepsMetadata = metadata
    options.keepsSetID = keepSetID
    options.maximumByteCount = maxBytes?.byteCount
    options.maximumFileCount = maxFiles
    options.receiptFile = connection.receipt
    options.signingKeyFile = connection.sign
    options.checksumsFile = connection.checksums
    options.comparesContent = connection.checksum
    options.trustsTimes = trustTimes
    options.keepsJournal = journal
    if bag { options.bagInformation = try bagInformation() }
    options.reportsEachFile = output.json || !connection.quiet && !Console.isTerminal
    options.peerTimeout = .seconds(connection.wait)
    options.connections = connection.connections
    options.retryDuration = connection.retryFor?.duration
    options.transport = try connection.transportOptions()
    try options.check(naming: \.argument)
    let stopTime = try connection.stopTime()
    // Before anybody is asked for a code.
    let codecs = try connection.codecs()
    let code = try given.code ?? CodeSource.read(codeFile: connection.codeFile)
    try connection.check(code, output)
    let receiver = Receiver(relays: given.relays, code: code, codecs: codecs, options: options)
    let view = TransferView(
      role: .receiver, quiet: connection.quiet, isJSON: output.json, isOutputTaken: stdout)
    try await Interruptible.run(until: stopTime) { stop in
      try await view.tellingOutputFailures(to: stop).watch { listener in
        if stdout {
          try await receiver.receive(to: .standardOutput, listener: listener)
        } else {
          try await receiver.receive(into: out ?? ".", listener: listener)
        }
      }
    }
  }
}
