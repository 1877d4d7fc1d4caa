import P2PCopyCore

extension P2PCopyError.Code {
  /// The status the command ends with, 1 … 130: one for each code, as `docs/usage.md` lists them.
  package var exitStatus: Int32 {
    switch self {
    case .internalError: 1
    case .usage: 2
    case .relayUnreachable: 3
    case .relayRefused: 4
    case .peerNeverCame: 5
    case .peerLeft: 6
    case .protocolViolation: 7
    case .wrongCode: 8
    case .checksumMismatch: 9
    case .sourceUnreadable: 10
    case .destinationUnwritable: 11
    case .unsafePath: 12
    case .destinationExists: 13
    case .incomplete: 14
    case .noCommonCodec: 15
    case .corruptData: 16
    case .peerFailed: 17
    case .relayNotStarted: 18
    case .outputUnwritable: 19
    case .metadataRefused: 20
    case .outOfResources: 21
    case .stopped: 22
    case .limitExceeded: 23
    // 128 + SIGINT, as shells have it.
    case .cancelled: 130
    // A code that this list does not know yet: a fault in this program.
    default: 1
    }
  }
}
