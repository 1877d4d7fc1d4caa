import P2PCopyCore
import P2PCopyPlatform

/// Ends the process without what `exit` does before.
///
/// Nothing needs that: output is not buffered, and files are closed. And on a second signal, with a transfer still running,
/// what libraries clean up for the process would meet threads that are at work.
enum ProcessEnd {
  /// How long a transfer that was stopped may take to end in order.
  private static let graceMicroseconds: UInt32 = 1_700_000

  /// What a thread needs to end the process.
  private final class LastWord {
    let error: P2PCopyError
    let arguments: [String]

    init(_ error: P2PCopyError, _ arguments: [String]) {
      self.error = error
      self.arguments = arguments
    }
  }

  /// Ends with a status.
  static func now(_ status: Int32) -> Never {
    _exit(status)
  }

  /// Ends for an error, should the process still be there when its time is over: a disk or a terminal that does not answer
  /// would hold it up.
  ///
  /// With a thread of its own, since all others may be waiting for just that. What was written by then is as after a crash,
  /// from which a transfer goes on as well.
  static func afterGrace(_ error: P2PCopyError) {
    let word = Unmanaged.passRetained(LastWord(error, CommandLineTool.arguments.texts))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let word = Unmanaged<LastWord>.fromOpaque(argument).takeRetainedValue()
        usleep(ProcessEnd.graceMicroseconds)
        // Not where nobody reads: it would wait for that.
        let descriptors =
          CommandLineTool.asksForJSON(word.arguments) ? [STDERR_FILENO, STDOUT_FILENO] : [STDERR_FILENO]
        let isReadable = descriptors.allSatisfy { descriptor in
          var output = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          return poll(&output, 1, 0) == 1
        }
        ProcessEnd.now(isReadable ? CommandLineTool.end(word.error, word.arguments) : word.error.code.exitStatus)
      }, word.toOpaque())
    // Without a thread the process ends when it is done.
    guard failure == 0 else { return word.release() }
  }
}
