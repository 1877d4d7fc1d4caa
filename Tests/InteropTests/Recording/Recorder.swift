import Foundation
import Testing

/// The script that pairs with a tool and writes down what it sends.
struct Recorder: Sendable {
  let url: String
  private let process: ChildProcess

  /// Starts it.
  ///
  /// - Parameters:
  ///   - role: What the tool under test is.
  ///   - answer: The JSON that it gets: a sender the receiver's manifest, a receiver the sender's.
  ///   - installation: Where the Python tool is.
  /// - Throws: An error with its output when it does not start.
  init(_ role: String, answer: String? = nil, _ installation: Installation) async throws {
    let script = #filePath.parentPath + "/record.py"
    let process = try ChildProcess(
      installation.interpreter, [script, role] + (answer.map { [$0] } ?? []), in: "/")
    try await process.waitUntil("the recorder listens") { process.output.contains("\n") }
    url = "ws://127.0.0.1:" + process.output.trimmingCharacters(in: .newlines)
    self.process = process
  }

  /// What the tool sent, once its connection is over.
  func messages() async throws -> [String] {
    let outcome = await process.end()
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.output.split(separator: "\n").dropFirst().map(String.init)
  }
}
