import TestSupport

/// A `send` or `receive` as a person types it: the command line that both tools have in common, and what ours adds.
struct TransferCommand: Sendable {
  let tool: Tool
  let verb: String
  let relay: String
  let code: String
  var encrypted = false
  /// What ours speaks; the Python tool has no choice.
  var protocolNumber = 1
  /// Options of `send` and `receive` that come after the common ones.
  var options: [String] = []
  /// What to send.
  var paths: [String] = []
  /// The working directory.
  var directory: String

  /// Starts it.
  ///
  /// The Python tool finds the certificate to trust in its environment; ours does there or by an option, and one role
  /// each way tries both.
  func start(_ surroundings: Surroundings, trusting: Bool = true) throws -> ChildProcess {
    var arguments = [verb] + options
    var environment: [String: String] = [:]
    if tool == .swift { arguments += ["--protocol", "\(protocolNumber)"] }
    if encrypted { arguments.append("--encrypt") }
    if relay.hasPrefix("wss:"), trusting {
      if tool == .swift, verb == "send" {
        arguments += ["--ca-file", surroundings.certificate.certificateFile]
      } else {
        environment["SSL_CERT_FILE"] = surroundings.certificate.certificateFile
      }
    }
    return try ChildProcess(
      surroundings.installation.executable(tool), arguments + ["--", relay, code] + paths, in: directory,
      environment: environment)
  }
}
