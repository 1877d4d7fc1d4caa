import Glibc
import P2PCopyCore

/// Ends the process without waiting for anything: for somebody who pressed Ctrl-C twice.
enum ImmediateExit {
  static func interrupted() -> Never {
    _exit(P2PCopyError.Code.cancelled.exitStatus)
  }
}
