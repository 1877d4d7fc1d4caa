extension P2PCopyError {
  /// What helps against an error. Whoever shows it has words of their own for it: a command names its options, another
  /// program its buttons. Its raw value is a stable name. More cases may come: have a `default`.
  public enum Remedy: String, Hashable, Sendable, CaseIterable {
    /// The transfer once more, from what is there.
    case runAgain = "run-again"
    /// The same for one that broke off: it goes on from where it was.
    case resume
    /// The same for one entry only.
    case sendAgain = "send-again"
    /// Room at the destination, then the transfer once more.
    case freeSpace = "free-space"
    /// The transfer once more; another relay when that does not help, for somebody interferes on the way.
    case changeRelay = "change-relay"
    /// A new code at both sides: the one that was used may have been guessed, or is no code.
    case changeCode = "change-code"
    /// The same, and another relay when that does not help.
    case changeCodeAndRelay = "change-code-and-relay"
    /// The two codes compared, and a new one.
    case compareCodes = "compare-codes"
    /// Code, relay and protocol of the two sides compared.
    case compareSettings = "compare-settings"
    /// Encryption at both sides (protocol 1).
    case encryptBothSides = "encrypt-both-sides"
    /// The same version of the program at both sides.
    case useSameVersion = "use-same-version"
    /// Builds with a codec in common.
    case shareCodec = "share-codec"
    /// A build that has the codec.
    case addCodec = "add-codec"
    /// Protocol 2 in place of protocol 1.
    case useProtocol2 = "use-protocol-2"
    /// Another proxy, or none.
    case changeProxy = "change-proxy"
    /// The option left out: it has no meaning here.
    case leaveOut = "leave-out"
    /// Another policy for names that are taken at the receiver.
    case changeConflictPolicy = "change-conflict-policy"
    /// The policy that gives new names.
    case renameConflicts = "rename-conflicts"
    /// Another policy for symbolic links at the sender.
    case changeLinkPolicy = "change-link-policy"
    /// The policy that follows symbolic links.
    case followLinks = "follow-links"
    /// Modes and times left out.
    case leaveMetadata = "leave-metadata"
    /// A directory to receive into.
    case giveOutputDirectory = "give-output-directory"
    /// The partial file removed, if nobody uses it.
    case removePartialFile = "remove-partial-file"
    /// Certificate authorities of one's own.
    case giveCertificateAuthorities = "give-certificate-authorities"
    /// Higher limits for this process.
    case raiseLimits = "raise-limits"
    /// Higher limits for what is received.
    case raiseReceivingLimits = "raise-receiving-limits"
    /// What the other side says.
    case seeOtherSide = "see-other-side"
    /// A report: this is a fault in the program.
    case report

    /// The remedy in words that name no option of any program, to be put behind the message and a semicolon.
    public var advice: String {
      switch self {
      case .runAgain: "run the transfer again"
      case .resume: "run the transfer again to go on"
      case .sendAgain: "send it again"
      case .freeSpace: "free some space, then run the transfer again to go on"
      case .changeRelay: "run the transfer again to go on, through another relay if that happens again"
      case .changeCode: "start again with a new code at both sides"
      case .changeCodeAndRelay:
        "start again with a new code at both sides, through another relay if that happens again"
      case .compareCodes: "compare them, then start again with a new code at both sides"
      case .compareSettings: "check that both sides have the same code, relay and protocol"
      case .encryptBothSides: "encrypt at both sides"
      case .useSameVersion: "use the same version at both sides"
      case .shareCodec: "use builds with a common one"
      case .addCodec: "register its plugin"
      case .useProtocol2: "use protocol 2"
      case .leaveOut: "leave that out"
      case .changeConflictPolicy: "receive with the conflict policy overwrite, skip or rename"
      case .renameConflicts: "receive with the conflict policy rename"
      case .changeLinkPolicy: "send with the link policy follow or skip"
      case .followLinks: "the link policy follow follows it, and so sends it as a directory"
      case .leaveMetadata: "modes and times can be left as they come"
      case .giveOutputDirectory: "give a directory to receive into"
      case .removePartialFile: "remove it if nobody is receiving it"
      case .giveCertificateAuthorities: "give a PEM file with the certificate authorities to trust"
      case .raiseLimits: "raise the limits of this process"
      case .raiseReceivingLimits: "receive with higher limits to go on"
      case .changeProxy: "use another proxy, or none"
      case .seeOtherSide: "see there"
      case .report: "please report it"
      }
    }
  }
}
