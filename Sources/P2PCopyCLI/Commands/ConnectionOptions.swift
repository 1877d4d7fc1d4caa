import ArgumentParser
import P2PCopy
import P2PCopyPlatform

/// What `send` and `receive` have in common.
struct ConnectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The relay, such as wss://relay.example.org; otherwise P2P_COPY_RELAY. Repeatable: the sides meet at whichever both \
      can reach, so that one may fail.
      """, valueName: "url"), completion: .relays)
  var relay: [String] = []

  @Option(
    help: ArgumentHelp(
      "Read the code from the first line of a file ('-' for standard input); otherwise P2P_COPY_CODE, otherwise a prompt.",
      valueName: "file"))
  var codeFile: LocalPath?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      "2, or 1 to exchange files with the Python tool p2p-copy 0.1. Both sides must say the same.", valueName: "1|2"))
  var transferProtocol = TransferProtocol.two

  @Flag(
    inversion: .prefixedNo,
    help: "Protocol 1 only: encrypt end to end, which both sides must say alike. Protocol 2 always does.")
  var encrypt: Bool?

  @Option(
    help: ArgumentHelp("How long to wait for the other side, in seconds.", valueName: "seconds"))
  var wait = 600

  @Option(
    help: ArgumentHelp(
      """
      When the connection is lost, or the other side's process: connect again and go on, for so long after the last \
      progress, such as 90s, 30m or 2h; otherwise P2P_COPY_RETRY_FOR, otherwise 30m. 0 ends the transfer then, which can be \
      resumed. Protocol 2 only.
      """, valueName: "duration"))
  var retryFor: RetryDuration?

  @Option(
    help: ArgumentHelp(
      """
      Stop after a time such as 90s, 30m, 2h or 1d, at HH:MM[:SS] of the local clock, or at a moment such as \
      2027-01-31T06:00:00+01:00, as SIGTERM does: exit with 22, to go on with the same command later.
      """, valueName: "duration|time"))
  var deadline: Deadline?

  @Option(
    help: ArgumentHelp(
      """
      How many connections to use at the same time, 1 to 8, or 'auto': one, and more as long as that is quicker. Of both \
      sides' the smaller number. Protocol 2 only.
      """, valueName: "auto|n"))
  var connections = ConnectionCount.automatic

  @Option(
    help: ArgumentHelp(
      "Trust the certificate authorities in this PEM file instead of the system's (also: SSL_CERT_FILE).",
      valueName: "file"))
  var caFile: LocalPath?

  @Option(
    help: ArgumentHelp(
      """
      Connect through this proxy, such as http://proxy.example.org:3128 or socks5://localhost:1080, or through 'none'; \
      otherwise https_proxy, http_proxy, all_proxy and no_proxy say which, as curl reads them.
      """, valueName: "url"))
  var proxy: String?

  @Option(
    help: ArgumentHelp(
      "Digest of whole files: xxh128 or sha256 (p2p-copy codecs lists them). Unless given: the sender's first.",
      valueName: "name"), completion: .codecs(.digest))
  var digest: CodecName?

  @Option(
    help: ArgumentHelp(
      "Set a parameter of a codec, such as zstd.level=9; repeatable (p2p-copy codecs lists them).",
      valueName: "name.parameter=value"), completion: .codecParameters)
  var codec: [String] = []

  @Option(
    help: ArgumentHelp(
      "Write a receipt, JSON, once everything is in place; 'p2p-copy verify' checks a tree against it.",
      valueName: "file"))
  var receipt: LocalPath?

  @Option(
    help: ArgumentHelp(
      """
      Sign the receipt with this Ed25519 key of OpenSSH: 'ssh-keygen -Y verify -n p2p-copy' and 'p2p-copy verify --signer' check \
      the signature, which is in RECEIPT.sig.
      """, valueName: "key file"))
  var sign: LocalPath?

  @Option(
    help: ArgumentHelp(
      "Write the SHA-256 of every file as 'sha256sum -c' reads it; selects the digest sha256.", valueName: "file"))
  var checksums: LocalPath?

  @Flag(
    help: """
      Compare the content of every file that is there already, also of those that an earlier transfer put there and that \
      nobody has touched since, as their sizes and times tell. --checksums and --digest sha256 do as well. Protocol 2 only.
      """)
  var checksum = false

  @Flag(
    help: "Take the processor and the disk only when nobody else wants them, as on a login node that many share.")
  var nice = false

  @Flag(help: "Print errors only.")
  var quiet = false

  func validate() throws {
    guard (1...86_400 * 30).contains(wait) else {
      throw ValidationError("--wait takes a number of seconds from 1 to \(86_400 * 30)")
    }
    switch transferProtocol {
    case .one:
      // What the library has no option for; the others it refuses itself.
      if !codec.isEmpty { throw ValidationError("--codec is for protocol 2: leave out --protocol 1") }
      if digest != nil { throw ValidationError("--digest is for protocol 2: leave out --protocol 1") }
    case .two:
      if encrypt == false { throw ValidationError("protocol 2 always encrypts: leave out --no-encrypt") }
    }
    if checksums != nil, let digest, digest != "sha256" {
      throw ValidationError("--checksums needs the digest sha256, and --digest \(digest) is given: leave out one")
    }
  }

  /// The relay, unless it is an argument of its own.
  ///
  /// - Throws: ``P2PCopyError`` when there is no relay of a name that is given.
  func relayOption() throws(P2PCopyError) -> RelayOption {
    let settings = CommandLineTool.settings
    if !relay.isEmpty { return .option(try addresses(relay.map { ArgumentText.text($0) }, settings)) }
    guard let setting = Setting.named("relay"), let value = settings.value(of: setting) else { return .none }
    return .configured(try addresses(value.texts, settings))
  }

  /// Addresses in place of names.
  private func addresses(_ relays: [String], _ settings: Settings) throws(P2PCopyError) -> [String] {
    var addresses: [String] = []
    for relay in relays {
      if let named = settings.relays(named: relay) {
        addresses += named
      } else if !relay.contains("://"), !RelayForm.isHostAndPort(Array(relay.utf8)), !relay.isEmpty {
        let known = settings.relayNames
        throw P2PCopyError(
          .usage,
          "there is no relay of the name '\(DisplayText.escaped(relay))'"
            + (settings.path.map { " in '\($0)'" } ?? ", and no configuration file")
            + (known.isEmpty ? "" : ", which has \(known.joined(separator: ", "))")
            + "; give an address such as wss://relay.example.org")
      } else {
        addresses.append(relay)
      }
    }
    return addresses
  }

  /// When to stop, counted from now; `nil` for never.
  ///
  /// - Throws: ``P2PCopyError`` when that is in the past.
  func stopTime() throws(P2PCopyError) -> ContinuousClock.Instant? {
    guard let deadline else { return nil }
    let timeLeft = deadline.timeLeft(at: time(nil))
    guard timeLeft > .zero else { throw P2PCopyError(.usage, "the moment that --deadline names is in the past") }
    return .now + timeLeft
  }

  /// Whether the code is given, and not as an argument.
  var isCodeGiven: Bool { codeFile != nil || CommandLineTool.environmentCode != nil }

  /// How to connect.
  ///
  /// - Throws: ``P2PCopyError`` when the proxy that is given is none.
  func transportOptions() throws(P2PCopyError) -> TransportOptions {
    var options = TransportOptions()
    options.trustRootsFile = caFile
    guard let proxy else { return options }
    options.proxy = proxy == "none" ? .none : .address(try ProxyAddress(ArgumentText.text(proxy)))
    return options
  }

  /// The codecs of this run.
  ///
  /// - Throws: ``P2PCopyError`` when one that was asked for is missing, or has not what is to be set.
  func codecs() throws(P2PCopyError) -> CodecRegistry {
    var codecs = CommandLineTool.codecs
    try codecs.apply(codecSettings())
    if let digest { try codecs.keepOnly(digest: digest) }
    return codecs
  }

  /// What `--codec` asks for.
  func codecSettings() throws(P2PCopyError) -> [CodecSetting] {
    var settings: [CodecSetting] = []
    for argument in codec { settings.append(try CodecSetting(ArgumentText.text(argument))) }
    return settings
  }

  /// Checks a code's form, and tells a person what is weak about one of their own.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``, ``OutputFailure``.
  func check(_ code: PairingCode, _ output: OutputOptions) throws {
    var notices: [String] = []
    if !code.corrections.isEmpty {
      notices.append("note: the code was read \(code.corrections.map(\.description).joined(separator: ", "))")
    }
    if transferProtocol == .two {
      _ = try code.parts()
      let advice = code.advice
      notices += advice.map { "warning: \($0)" }
      if !advice.isEmpty { notices.append("'p2p-copy code' makes a better one") }
    }
    for notice in notices { try output.notice(notice, quiet: quiet) }
  }
}
