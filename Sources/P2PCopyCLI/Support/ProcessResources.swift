import CSystemCalls
import NIOCore
import P2PCopy
import P2PCopyCore
import P2PCopyPlatform

/// Makes sure, before anything else, that the system gives this process what its command needs.
///
/// Where it gives less, threads that cannot be started and memory that is refused would end the process with a trap in the
/// middle of its work, or let it wait for ever.
struct ProcessResources {
  /// Threads besides the first.
  var threadCount: Int
  /// Files and sockets besides standard input, output and error.
  var descriptorCount: Int
  /// Memory besides the threads' stacks.
  var byteCount: Int

  /// Ends the process with a message when it cannot have what it needs. On the first thread, while there is no other.
  ///
  /// - Parameter arguments: The command's name first.
  static func prepare(for arguments: [String]) {
    p2p_copy_save_address_space()
    FileDescriptorLimit.raise()
    // A loop for each core of a large machine would only take descriptors and threads from a user who has few.
    NIOSingletons.groupLoopCountSuggestion = min(System.coreCount, maximumLoopCount)
    NIOSingletons.blockingPoolThreadCountSuggestion = min(System.coreCount, maximumBlockingThreadCount)
    do {
      try needed(for: arguments.first).check()
    } catch {
      // What cannot be printed is on standard error as well, and the status says it.
      try? CommandLineTool.begin(arguments)
      ProcessEnd.now(CommandLineTool.end(error, arguments))
    }
  }

  private static let maximumLoopCount = 4
  private static let maximumBlockingThreadCount = 2

  /// What a command needs; how much of it depends on the number of cores.
  private static func needed(for command: String?) -> ProcessResources {
    let cores = System.coreCount
    // The runtime's: one for each core, and those that wait for signals and timers.
    var needed = ProcessResources(threadCount: cores + 3, descriptorCount: 8, byteCount: 16 << 20)
    switch command {
    case "send", "receive":
      let loops = min(cores, maximumLoopCount) + 1
      let lanes = 4
      needed.threadCount += loops + min(cores, maximumBlockingThreadCount) + Transfer.threadCount + lanes
      // Those of the loops; directories on the way and files at work, besides connections.
      needed.descriptorCount += 3 * loops + 20
      // 64 MiB to derive the key; what is on its way, and what codecs take.
      needed.byteCount = 160 << 20
    case "run-relay-server":
      needed.threadCount += 1 + min(cores, maximumBlockingThreadCount)
      needed.descriptorCount += 8
      needed.byteCount = 64 << 20
    default: break
    }
    return needed
  }

  private func check() throws(P2PCopyError) {
    let given = p2p_copy_probe_resources(Int32(clamping: threadCount), Int32(clamping: descriptorCount), byteCount)
    let wanted = min(threadCount, P2P_COPY_MAXIMUM_PROBED_THREADS)
    guard given.threads >= wanted else {
      throw P2PCopyError(
        .outOfResources,
        "the system lets this process start \(given.threads) threads, and it needs \(wanted);"
          + " raise the limit of processes (ulimit -u) or of memory (ulimit -v)")
    }
    guard given.descriptors >= descriptorCount else {
      throw P2PCopyError(
        .outOfResources,
        "the system lets this process open \(given.descriptors) files, and it needs \(descriptorCount);"
          + " raise the limit (ulimit -n)")
    }
    guard given.has_memory == 1 else {
      throw P2PCopyError(
        .outOfResources,
        "the system does not give this process the \(byteCount >> 20) MiB of memory that it needs;"
          + " raise the limit (ulimit -v)")
    }
  }
}

/// How many files and sockets the process may have open.
enum FileDescriptorLimit {
  /// Raises the limit as far as the system lets this user: a relay has one socket for each peer, and a sender or receiver
  /// keeps directories open.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
