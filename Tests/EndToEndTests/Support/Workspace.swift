import Foundation
import Glibc
import Synchronization
import TestSupport

/// What one test needs and leaves nothing of: a folder, processes, proxies, mounts.
///
/// A suite holds it in a property, so that it lives as long as one test.
final class Workspace: Sendable {
  private struct State {
    var commands: [RunningCommand] = []
    var proxies: [Proxy] = []
    var mounts: [String] = []
  }

  /// The folder's path; without symbolic links, with every right for every user.
  let path: String

  private let state = Mutex(State())

  init() throws {
    var template = Array("/tmp/p2p-copy-e2e-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil, chmod(template, 0o777) == 0 else {
      throw SystemCallError("cannot make a temporary folder")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    let state = state.withLock { $0 }
    for proxy in state.proxies { proxy.stop() }
    for command in state.commands { command.finish() }
    for mount in state.mounts { umount2(mount, Int32(MNT_DETACH)) }
    try? FileManager.default.removeItem(atPath: path)
  }

  // MARK: - Files

  /// The path of something in the folder.
  subscript(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a folder, with those above it.
  @discardableResult
  func directory(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: self[name], withIntermediateDirectories: true)
    return self[name]
  }

  /// Writes a file, with the folders it lies in.
  @discardableResult
  func file(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let parent = URL(fileURLWithPath: self[name]).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: self[name]))
    return self[name]
  }

  // MARK: - Processes

  /// Starts a command, in the workspace's folder unless it says otherwise.
  func start(
    _ arguments: [String], environment: [String: String] = [:], in directory: String? = nil,
    streams: Command.Streams = .pipes(input: []), wrapper: [String] = [], timeLimit: Duration = .seconds(90)
  ) throws -> RunningCommand {
    let command = try RunningCommand(
      Command(
        arguments: arguments, environment: environment, directory: directory ?? path, streams: streams,
        wrapper: wrapper, timeLimit: timeLimit))
    state.withLock { $0.commands.append(command) }
    return command
  }

  /// Runs a command to its end.
  func run(
    _ arguments: [String], environment: [String: String] = [:], in directory: String? = nil,
    streams: Command.Streams = .pipes(input: []), wrapper: [String] = []
  ) async throws -> CommandResult {
    try await start(arguments, environment: environment, in: directory, streams: streams, wrapper: wrapper).result()
  }

  /// Runs `openssl`, `mount` and the like.
  func tool(_ words: [String]) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    guard status == 0 else {
      let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      throw ToolFailure(description: "'\(words.joined(separator: " "))' failed: \(text)")
    }
  }

  /// Starts a relay on a port of 127.0.0.1, a free one unless it is given, and waits until it listens.
  func relay(_ options: [String] = ["--no-tls"], port: UInt16 = 0) async throws -> Relay {
    let command = try start(["run-relay-server", "127.0.0.1", "\(port)"] + options)
    let line = try await command.waitFor("\n", on: .output)
    guard let url = line.split(whereSeparator: \.isWhitespace).last,
      let port = url.split(separator: ":").last.flatMap({ UInt16($0) })
    else { throw ToolFailure(description: "the relay printed '\(line)'") }
    return Relay(command: command, url: String(url), port: port)
  }

  /// Puts a proxy before a relay.
  func proxy(to relay: Relay, _ intercept: @escaping Proxy.Intercept) throws -> Proxy {
    let proxy = try Proxy(to: relay.port, intercept)
    state.withLock { $0.proxies.append(proxy) }
    return proxy
  }

  /// Mounts a file system in memory.
  ///
  /// - Throws: An error that says why it could not; only root may.
  func memoryDisk(_ name: String, byteCount: Int, entryCount: Int? = nil) async throws -> String {
    let directory = try directory(name)
    let options = "size=\(byteCount)" + (entryCount.map { ",nr_inodes=\($0)" } ?? "")
    try await tool(["mount", "-t", "tmpfs", "-o", options, "p2p-copy-test", directory])
    state.withLock { $0.mounts.append(directory) }
    return directory
  }

  /// Whether a FAT file system can be mounted: one that takes `README` and `readme` for one name.
  static let canMountFAT =
    getuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0
    && ["/usr/bin/fusefat", "/usr/sbin/mkfs.vfat"].allSatisfy(FileManager.default.isExecutableFile)

  /// Mounts a new FAT file system of 16 MiB.
  ///
  /// - Throws: An error that says why it could not.
  func fatDisk(_ name: String) async throws -> String {
    let directory = try directory(name)
    let image = self["\(name).img"]
    try await tool(["truncate", "--size=16M", image])
    try await tool(["mkfs.vfat", image])
    // It goes on in the background and must not keep open what tells that a process is over: Python starts it without.
    let start = """
      import subprocess, sys
      sys.exit(subprocess.run(sys.argv[1:], stdin=-3, stdout=-3, stderr=-3).returncode)
      """
    try await tool(["python3", "-c", start, "fusefat", "-o", "rw+", image, directory])
    state.withLock { $0.mounts.append(directory) }
    return directory
  }
}

/// How both sides of a transfer ended.
struct Pair: Sendable, CustomStringConvertible {
  let sent: CommandResult
  let received: CommandResult

  var description: String { "\(sent)\n\(received)" }
}

extension Workspace {
  /// Sends with one process and receives with another, both to their end.
  ///
  /// - Parameters:
  ///   - paths: What to send, relative to the workspace.
  ///   - relay: The relay of both.
  ///   - senderURL: Where the sender connects to when it is not the relay itself.
  ///   - sending: Options of the sender.
  ///   - receiving: Options of the receiver; it writes into `out`.
  /// - Returns: How both ended.
  /// - Throws: ``SystemCallError`` when one cannot be started.
  func transfer(
    _ paths: [String], relay: Relay, senderURL: String? = nil, sending: [String] = [], receiving: [String] = []
  ) async throws -> Pair {
    let receiver = try start(["receive", relay.url, "4821-lusab-babad", "--out", "out"] + receiving)
    let sender = try start(["send", senderURL ?? relay.url, "4821-lusab-babad"] + sending + ["--"] + paths)
    return Pair(sent: await sender.result(), received: await receiver.result())
  }
}

/// Something the tests rely on did not work.
struct ToolFailure: Error, CustomStringConvertible {
  let description: String
}
