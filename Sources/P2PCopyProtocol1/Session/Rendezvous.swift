import P2PCopyCore
import P2PCopyTransfer

/// How a session comes to be: connect to the relay, say hello, wait for the other peer.
struct Rendezvous: Sendable {
  package let relay: RelayAddress
  package let code: PairingCode
  package let role: PeerRole
  package let encrypt: Bool
  package let codecs: CodecRegistry
  package let peerTimeout: Duration
  package let transportOptions: TransportOptions
  package let monitor: TransferMonitor

  /// Connects and says hello.
  ///
  /// - Returns: The channel; what the relay or the other peer says first is for ``firstMessage(_:)``.
  /// - Throws: ``P2PCopyError``.
  package func connect() async throws -> PeerChannel {
    let transport = try codecs.transport(to: relay)
    let codeHash: [UInt8]
    var security: SessionSecurity?
    if encrypt {
      codeHash = try SessionSecurity.codeHash(of: code, codecs: codecs)
      security = try SessionSecurity(code: code, codecs: codecs)
    } else {
      var checksum = ChainedChecksum()
      codeHash = code.withSecret { secret in secret.withUnsafeBytes { checksum.update(with: $0) } }
    }
    let connection = try await transport.connect(to: relay.endpoint, options: transportOptions)
    do {
      try await connection.send(.text(ControlMessage.hello(codeHash: codeHash, role: role).encoded()))
    } catch let closure as TransportClosure {
      throw P2PCopyError(closure, as: role)
    }
    monitor.emit(.waitingForPeer(relay: relay))
    return PeerChannel(connection: connection, role: role, security: security)
  }

  /// Waits, no longer than the waiting time, for the first message there is.
  func firstMessage(_ channel: PeerChannel) async throws -> TransportMessage {
    let connection = channel.connection
    let timeoutError = P2PCopyError(
      .peerNeverCame,
      "no \(role.other) with the same code came within \(Int(peerTimeout.components.seconds)) seconds",
      remedy: .compareSettings)
    let role = role
    let message = try await withDeadline(peerTimeout, orThrow: timeoutError) {
      do {
        return try await connection.receive()
      } catch let closure as TransportClosure {
        throw P2PCopyError(closure, as: role)
      }
    }
    guard let message else { throw P2PCopyError(.normal, as: role) }
    return message
  }
}
