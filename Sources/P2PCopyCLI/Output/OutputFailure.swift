import P2PCopyCore
import P2PCopyPlatform

/// Standard output did not take what was to be printed.
struct OutputFailure: Error {
  /// The status of a command whose reader went away: that of a process that SIGPIPE ends, as shells have it, without a word.
  static let readerLeftStatus: Int32 = 128 + SIGPIPE

  /// The system's error number.
  let number: Int32

  /// Whether whoever read went away, as `head` does.
  var hasReaderLeft: Bool { number == EPIPE }

  /// Whether nobody reads at all: the reader went away, or the process was started without a standard output.
  var isNobodyThere: Bool { hasReaderLeft || number == EBADF }

  /// The error for a person.
  var error: P2PCopyError {
    P2PCopyError(.outputUnwritable, "cannot write to standard output: \(String(cString: strerror(number)))")
  }
}
