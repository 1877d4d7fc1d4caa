import P2PCopyCore
import P2PCopyPlatform

/// Ends the process without what `exit` does before.
///
/// Nothing needs that: output is not buffered, and files are closed. And on a second signal, with a transfer still running,
/// what libraries clean up for the process would meet threads that are at work.
enum ProcessEnd {
  /// Ends with a status.
  static func now(_ status: Int32) -> Never {
    _exit(status)
  }

  /// Ends for somebody who pressed Ctrl-C twice.
  static func interrupted() -> Never {
    now(P2PCopyError.Code.cancelled.exitStatus)
  }
}
