extension P2PCopyError {
  /// A machine-readable reason: a stable name and the exit status the command ends with.
  ///
  /// A struct over private storage, so that a new code breaks nobody's `switch`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The stable name, such as `relay-unreachable`.
    public let name: String

    /// The command's exit status for it, 1 … 130.
    public let exitStatus: Int32

    private init(_ name: String, _ exitStatus: Int32) {
      self.name = name
      self.exitStatus = exitStatus
    }

    /// The stable name.
    public var description: String { name }

    /// A fault in this program: please report it.
    public static let internalError = Code("internal-error", 1)
    /// Wrong arguments, a missing source, a name used twice: nothing was sent.
    public static let usage = Code("usage", 2)
    /// The relay could not be reached, or TLS with it failed.
    public static let relayUnreachable = Code("relay-unreachable", 3)
    /// The relay refused: the code is in use, the relay is full, the first message was not accepted.
    public static let relayRefused = Code("relay-refused", 4)
    /// Nobody with the same code came within the waiting time.
    public static let peerNeverCame = Code("peer-never-came", 5)
    /// The other side, or the connection to it, went away before the end.
    public static let peerLeft = Code("peer-left", 6)
    /// The other side sent something the protocol does not allow.
    public static let protocolViolation = Code("protocol-violation", 7)
    /// A message could not be opened: the code differs, or only one side encrypts.
    public static let wrongCode = Code("wrong-code", 8)
    /// The chained checksum or the sequence number does not fit: bytes were changed, lost, repeated or reordered.
    public static let checksumMismatch = Code("checksum-mismatch", 9)
    /// A source file could not be read, or changed while it was sent.
    public static let sourceUnreadable = Code("source-unreadable", 10)
    /// The destination could not be written: disk full, quota, permission.
    public static let destinationUnwritable = Code("destination-unwritable", 11)
    /// The sender named something outside the output directory, or the way there leads through a symbolic link.
    public static let unsafePath = Code("unsafe-path", 12)
    /// A file of that name exists and the conflict policy says not to replace it.
    public static let destinationExists = Code("destination-exists", 13)
    /// The transfer ended, but several files failed for different reasons, or some were never delivered.
    public static let incomplete = Code("incomplete", 14)
    /// A codec is missing here, or the two sides share none of a kind.
    public static let noCommonCodec = Code("no-common-codec", 15)
    /// A codec refused its input: corrupt data, or output beyond the limit.
    public static let corruptData = Code("corrupt-data", 16)
    /// The receiver ended with a failure of its own.
    public static let peerFailed = Code("peer-failed", 17)
    /// The relay server could not start: address in use, unreadable certificate.
    public static let relayNotStarted = Code("relay-not-started", 18)
    /// Standard output did not take what was to be printed: disk full, an input/output error. A transfer itself is as its
    /// summary would have said.
    public static let outputUnwritable = Code("output-unwritable", 19)
    /// Everything is in place, and the destination refused to take some modes or times.
    public static let metadataRefused = Code("metadata-refused", 20)
    /// The system gives this process too little memory, or too few threads or open files.
    public static let outOfResources = Code("out-of-resources", 21)
    /// Interrupted by the person (Ctrl-C, SIGTERM) or by task cancellation; 128 + SIGINT, as shells have it.
    public static let cancelled = Code("cancelled", 130)

    /// The code of that name, `nil` when there is none.
    package init?(named name: some Collection<UInt8>) {
      guard let code = Self.all.first(where: { $0.name.utf8.elementsEqual(name) }) else { return nil }
      self = code
    }

    /// Every code, in order of exit status.
    public static let all: [Code] = [
      internalError, usage, relayUnreachable, relayRefused, peerNeverCame, peerLeft, protocolViolation, wrongCode,
      checksumMismatch, sourceUnreadable, destinationUnwritable, unsafePath, destinationExists, incomplete,
      noCommonCodec, corruptData, peerFailed, relayNotStarted, outputUnwritable, metadataRefused, outOfResources,
      cancelled,
    ]
  }
}
