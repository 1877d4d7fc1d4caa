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
