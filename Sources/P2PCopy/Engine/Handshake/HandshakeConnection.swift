import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// The connection before the first record: handshake messages in, handshake messages out.
struct HandshakeConnection: Sendable {
  /// How many messages of a type it does not know a peer puts up with.
  private static let maximumUnknownCount = 16

  let transportConnection: any TransportConnection
  let role: PeerRole

  /// Sends a message.
  func send(_ message: HandshakeMessage) async throws {
    try await transportConnection.send(message.encoded(), as: role)
  }

  /// Waits for the next message that says something to this peer.
  ///
  /// - Parameters:
  ///   - firstMessage: What came already and is to be looked at first.
  ///   - timeout: How long.
  ///   - timeoutError: What to throw when nothing came by then.
  ///   - isExpected: Whether a message is what is waited for; messages of unknown types are passed over,
  ///     anything else ends the session.
  /// - Returns: The message.
  /// - Throws: ``P2PCopyError``.
  func receive(
    after firstMessage: TransportMessage? = nil, within timeout: Duration, orThrow timeoutError: P2PCopyError,
    _ isExpected: @escaping @Sendable (HandshakeMessage) -> Bool
  ) async throws -> HandshakeMessage {
    try await withDeadline(timeout, orThrow: timeoutError) {
      var firstMessage = firstMessage
      for _ in 0..<Self.maximumUnknownCount {
        let came =
          if let firstMessage = firstMessage.take() { firstMessage } else {
            try await transportConnection.nextMessage(as: role)
          }
        let message = try Self.read(came)
        switch message {
        case _ where isExpected(message): return message
        case .unknown: continue
        case .refused(let code, let reason):
          throw P2PCopyError(
            .relayRefused,
            "the handshake was broken off: \(DisplayText.escaped(reason)) (\(DisplayText.escaped(code)))")
        case .wrongCode: throw Handshake.wrongCode(role)
        default:
          throw P2PCopyError(.protocolViolation, "a handshake message came out of turn")
        }
      }
      throw P2PCopyError(.protocolViolation, "the \(role.other) sent too many messages of unknown types")
    }
  }

  private static func read(_ message: TransportMessage) throws(P2PCopyError) -> HandshakeMessage {
    switch message {
    case .text(let text): return try HandshakeMessage(decoding: text)
    case .binary: throw P2PCopyError(.protocolViolation, "data came before the handshake was done")
    }
  }
}
