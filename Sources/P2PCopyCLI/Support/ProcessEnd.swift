import Glibc
import P2PCopyCore

/// Ends the process without what `exit` does before.
///
/// Worker threads may still be winding down, and libcrypto's cleaning up at `exit` does not wait for theirs: now and then
/// the process would crash after everything was done, and its exit status would say that the transfer failed. Nothing
/// needs that cleaning up: output is not buffered, and files are closed.
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
