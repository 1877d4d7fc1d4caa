extension P2PCopyError {
  /// A machine-readable reason with a stable name. What a program makes of it, such as an exit status, is the program's.
  ///
  /// A struct over private storage, so that a new code breaks nobody's `switch`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The stable name, such as `relay-unreachable`.
    public let name: String

    private init(_ name: String) {
      self.name = name
    }

    /// The stable name.
    public var description: String { name }

    /// A fault in this program: please report it.
    public static let internalError = Code("internal-error")
    /// Wrong arguments, a missing source, a name used twice: nothing was sent.
    public static let usage = Code("usage")
    /// The relay could not be reached, or TLS with it failed.
    public static let relayUnreachable = Code("relay-unreachable")
    /// The relay refused: the code is in use, the relay is full, the first message was not accepted.
    public static let relayRefused = Code("relay-refused")
    /// Nobody with the same code came within the waiting time.
    public static let peerNeverCame = Code("peer-never-came")
    /// The other side, or the connection to it, went away before the end.
    public static let peerLeft = Code("peer-left")
    /// The other side sent something the protocol does not allow.
    public static let protocolViolation = Code("protocol-violation")
    /// A message could not be opened: the code differs, or only one side encrypts.
    public static let wrongCode = Code("wrong-code")
    /// The chained checksum or the sequence number does not fit: bytes were changed, lost, repeated or reordered.
    public static let checksumMismatch = Code("checksum-mismatch")
    /// A source file could not be read, or changed while it was sent.
    public static let sourceUnreadable = Code("source-unreadable")
    /// The destination could not be written: disk full, quota, permission.
    public static let destinationUnwritable = Code("destination-unwritable")
    /// The sender named something outside the output directory, or the way there leads through a symbolic link.
    public static let unsafePath = Code("unsafe-path")
    /// A file of that name exists and the conflict policy says not to replace it.
    public static let destinationExists = Code("destination-exists")
    /// The transfer ended, but several files failed for different reasons, or some were never delivered.
    public static let incomplete = Code("incomplete")
    /// A codec is missing here, or the two sides share none of a kind.
    public static let noCommonCodec = Code("no-common-codec")
    /// A codec refused its input: corrupt data, or output beyond the limit.
    public static let corruptData = Code("corrupt-data")
    /// The receiver ended with a failure of its own.
    public static let peerFailed = Code("peer-failed")
    /// The relay server could not start: address in use, unreadable certificate.
    public static let relayNotStarted = Code("relay-not-started")
    /// Standard output did not take what was to be printed: disk full, an input/output error. A transfer itself is as its
    /// summary would have said.
    public static let outputUnwritable = Code("output-unwritable")
    /// Everything is in place, and the destination refused to take some modes or times.
    public static let metadataRefused = Code("metadata-refused")
    /// The system gives this process too little memory, or too few threads or open files.
    public static let outOfResources = Code("out-of-resources")
    /// Stopped in order before the end, at a deadline or on SIGTERM, to be gone on with later.
    public static let stopped = Code("stopped")
    /// The receiver was told to take no more than so much, and the sender sends more.
    public static let limitExceeded = Code("limit-exceeded")
    /// Interrupted by the person (Ctrl-C) or by task cancellation.
    public static let cancelled = Code("cancelled")

    /// The code of that name, `nil` when there is none.
    package init?(named name: some Collection<UInt8>) {
      guard let code = Self.all.first(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
      self = code
    }

    /// Every code.
    public static let all: [Code] = [
      internalError, usage, relayUnreachable, relayRefused, peerNeverCame, peerLeft, protocolViolation, wrongCode,
      checksumMismatch, sourceUnreadable, destinationUnwritable, unsafePath, destinationExists, incomplete,
      noCommonCodec, corruptData, peerFailed, relayNotStarted, outputUnwritable, metadataRefused, outOfResources,
      stopped, limitExceeded, cancelled,
    ]
  }
}
