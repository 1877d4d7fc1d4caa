import CProcessStart
import CSystemCalls
import P2PCopyPlatform

/// What the process sets up for itself before it opens anything or looks at its arguments.
enum ProcessStart {
  /// Standard streams, signals, and no copy of the memory on disk.
  static func prepare() {
    // Done already, before `main`; named here so that it is linked.
    p2p_copy_open_standard_streams()
    // A closed pipe and a limit on the size of files are errors of the call that meets them, which says so.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    endOnQuit()
    keepMemoryPrivate()
  }

  /// Gives way to others, at the processor and at the disk. Those that follow are like the threads there are.
  static func giveWay() {
    // Lowering is always allowed; where a system does not know one of the two it has no such queue.
    p2p_copy_give_way()
  }

  /// SIGQUIT ends the process at once, also where a shell ignores it for what it runs in the background.
  private static func endOnQuit() {
    signal(SIGQUIT, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGQUIT)
    sigprocmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Codes and keys are in memory: no core dump, whatever program takes them, and no debugger of the same user.
  private static func keepMemoryPrivate() {
    var none = rlimit()
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    p2p_copy_forbid_memory_access()
  }
}
