import CTestSystemCalls
import Foundation
import Glibc
import TestSupport

/// Starts processes with `posix_spawn`, in a process group of their own and with no signal blocked or ignored.
enum ProcessSpawner {
  /// A started process and our ends of its streams.
  struct Spawned {
    var identifier: pid_t
    /// What it prints; with a terminal the terminal's other end.
    var output: Int32
    /// What it prints on standard error; missing with a terminal.
    var errors: Int32?
  }

  /// Starts a command.
  ///
  /// - Throws: ``SystemCallError``.
  static func start(_ command: Command) throws -> Spawned {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    test_spawn_add_chdir(&actions, command.directory)

    var closedAfterwards: [Int32] = []
    defer { for descriptor in closedAfterwards { close(descriptor) } }
    var spawned = Spawned(identifier: 0, output: -1, errors: nil)
    var flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    switch command.streams {
    case .pipes(let bytes):
      flags |= Int16(POSIX_SPAWN_SETPGROUP)
      let input = try makePipe()
      let output = try makePipe()
      let errors = try makePipe()
      // A pipe takes 64 KiB before a write blocks.
      precondition(bytes.count <= 4096)
      guard bytes.isEmpty || write(input.write, bytes, bytes.count) == bytes.count else {
        throw SystemCallError("cannot write a command's input")
      }
      close(input.write)
      for (number, descriptor) in [input.read, output.write, errors.write].enumerated() {
        posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        closedAfterwards.append(descriptor)
      }
      (spawned.output, spawned.errors) = (output.read, errors.read)
    case .terminal(let columns):
      flags |= test_spawn_new_session()
      let terminal = try makeTerminal(columns: columns)
      // The leader of a new session that opens a terminal gets it as the controlling one.
      posix_spawn_file_actions_addopen(&actions, 0, terminal.name, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&actions, 0, 1)
      posix_spawn_file_actions_adddup2(&actions, 0, 2)
      spawned.output = terminal.descriptor
    }
    // Whoever started the tests may have left them descriptors, and what a command may open is counted.
    test_spawn_add_closefrom(&actions, 3)
    spawned.identifier = try spawn(command, &actions, flags: flags)
    return spawned
  }

  private static func spawn(
    _ command: Command, _ actions: inout posix_spawn_file_actions_t, flags: Int16
  ) throws -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, flags)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)

    let words = command.wrapper + [BinaryLocation.path] + command.arguments
    let environment = BinaryLocation.environment.merging(command.environment) { $1 }
    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var identifier = pid_t()
    let error = posix_spawnp(&identifier, words[0], &actions, &attributes, &arguments, &variables)
    guard error == 0 else { throw SystemCallError("cannot start \(words[0])", error) }
    return identifier
  }

  private static func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard test_pipe(&ends) == 0 else { throw SystemCallError("cannot make a pipe") }
    return (ends[0], ends[1])
  }

  private static func makeTerminal(columns: UInt16) throws -> (descriptor: Int32, name: String) {
    var name = [CChar](repeating: 0, count: 128)
    let descriptor = test_open_terminal(&name, name.count)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard descriptor >= 0, ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0 else {
      throw SystemCallError("cannot make a terminal")
    }
    return (descriptor, String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
}

/// Where the command under test lies.
enum BinaryLocation {
  /// `P2P_COPY_BINARY` if it is set, otherwise the product beside the running test bundle.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["P2P_COPY_BINARY"] { return path }
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("p2p-copy").path
  }()

  /// The environment of the tests without what the command reads.
  static let environment: [String: String] = {
    var environment = ProcessInfo.processInfo.environment.filter { name, _ in
      !name.hasPrefix("P2P_COPY_") && !name.hasPrefix("SSL_")
    }
    environment["LC_ALL"] = "C.UTF-8"
    // A peer that was killed is not waited for where that is not what a test is about.
    environment["P2P_COPY_RETRY_FOR"] = "0"
    // Nor does anybody's own configuration count.
    environment["P2P_COPY_CONFIG"] = "/dev/null"
    return environment
  }()
}
