import P2PCopyCore

extension P2PCopyError.Remedy {
  /// The remedy in the words of this command.
  package var commandWords: String {
    switch self {
    case .runAgain: "run the same commands again"
    case .resume: Self.goOn
    case .freeSpace: "free some space, then \(Self.goOn)"
    case .changeRelay: "run the same commands again to go on, through another relay if that happens again"
    case .changeCode: "start again with a new code at both sides ('p2p-copy code' makes one)"
    case .changeCodeAndRelay:
      "start again with a new code at both sides ('p2p-copy code' makes one), through another relay if that happens again"
    case .compareCodes: "compare them, then start again with a new code at both sides ('p2p-copy code' makes one)"
    case .compareSettings:
      "check that both sides have the same code, relay and protocol, and with --protocol 1 both use --encrypt, or neither"
    case .encryptBothSides: "use --encrypt on both sides"
    case .addCodec: "use a build that has it (p2p-copy codecs lists what this one has)"
    case .useProtocol2: "use protocol 2 on both sides (leave out --protocol 1)"
    case .changeConflictPolicy: "receive with --on-conflict overwrite, skip or rename"
    case .renameConflicts: "receive with --on-conflict rename"
    case .changeLinkPolicy: "send with --links follow or --links skip"
    case .followLinks: "--links follow follows it, and so sends it as a directory"
    case .leaveMetadata: "use --no-metadata to leave modes and times as they come"
    case .giveOutputDirectory: "give a directory with --out"
    case .removePartialFile: "remove it if no receive is using it"
    case .giveCertificateAuthorities: "name a PEM file with the authority with --ca-file or SSL_CERT_FILE"
    case .changeProxy:
      "--proxy names another one, --proxy none none; otherwise https_proxy, http_proxy, all_proxy and no_proxy say which"
    case .raiseLimits: "see ulimit -a"
    case .raiseReceivingLimits: "receive with a higher --max-bytes or --max-files to go on"
    case .sendAgain, .useSameVersion, .shareCodec, .leaveOut, .seeOtherSide, .report: advice
    }
  }

  private static let goOn =
    "run the same commands again to go on (the sender with --resume, if it speaks protocol 1)"
}

extension P2PCopyError {
  /// What the command prints of an error: the message, and what helps in the command's words.
  package var commandLine: String { message(advising: \.commandWords) }
}
