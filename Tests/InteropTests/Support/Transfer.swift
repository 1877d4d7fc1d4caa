import Foundation
import TestSupport

/// A sender and a receiver that meet at a relay.
struct Transfer: Sendable {
  var sender: TransferCommand
  var receiver: TransferCommand
  /// The receiver's output directory.
  let out: String
  private let directory: TemporaryDirectory

  /// A transfer of the ``SampleFiles`` through one of the shared relays, with a code of its own.
  ///
  /// - Parameters:
  ///   - sender: Who sends.
  ///   - receiver: Who receives.
  ///   - relay: The relay's address.
  ///   - surroundings: What the tests share.
  ///   - codePrefix: What the code begins with, such as `n=3=n`.
  /// - Throws: An error when a folder cannot be made.
  init(
    from sender: Tool, to receiver: Tool, over relay: String, _ surroundings: Surroundings, codePrefix: String = ""
  ) throws {
    directory = try TemporaryDirectory(isInMemory: false)
    out = directory.path + "/out"
    let code = codePrefix + "pässwörd ☃ \(UUID().uuidString)"
    self.sender = TransferCommand(
      tool: sender, verb: "send", relay: relay, code: code, paths: SampleFiles.arguments,
      directory: surroundings.source)
    self.receiver = TransferCommand(
      tool: receiver, verb: "receive", relay: relay, code: code, options: ["--out", out],
      directory: try directory.makeDirectory("elsewhere"))
  }

  /// Runs both sides to their ends.
  ///
  /// When one fails the other, which may wait for it without end, has ``ChildProcess/grace``.
  func run(_ surroundings: Surroundings) async throws -> (sender: ProcessOutcome, receiver: ProcessOutcome) {
    let receiving = try receiver.start(surroundings)
    let sending = try sender.start(surroundings)
    return await withTaskGroup { group in
      group.addTask { (true, await sending.end()) }
      group.addTask { (false, await receiving.end()) }
      var outcomes: [Bool: ProcessOutcome] = [:]
      for await (isSender, outcome) in group {
        outcomes[isSender] = outcome
        if outcome.status != 0, outcomes.count == 1 {
          let other = isSender ? receiving : sending
          group.addTask { (!isSender, await other.end(within: ChildProcess.grace)) }
        }
      }
      return (outcomes[true]!, outcomes[false]!)
    }
  }

  /// What lies in the output directory.
  func received() throws -> FileTree {
    try FileTree(readingFrom: out)
  }

  /// What either side left in the receiver's working directory or beside the output directory.
  func strays() throws -> [String] {
    let beside = try RawFile.names(in: directory.path).filter { $0 != "out" && $0 != "elsewhere" }
    return try beside + RawFile.names(in: receiver.directory)
  }
}
