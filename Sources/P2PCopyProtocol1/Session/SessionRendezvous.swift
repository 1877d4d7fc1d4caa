import P2PCopyCore
import P2PCopyTransfer

/// How a session comes to be: make the id and the keys of the code, find the other peer.
struct SessionRendezvous: Sendable {
  let rendezvous: any Rendezvous
  let code: PairingCode
  let role: PeerRole
  let encrypt: Bool
  let codecs: CodecRegistry
  let monitor: TransferMonitor

  /// Finds the other peer.
  ///
  /// - Returns: The connection to it, and what it has said already.
  /// - Throws: ``P2PCopyError``.
  func findPeer() async throws -> (connection: Protocol1Connection, firstMessage: TransportMessage?) {
    let codeHash: [UInt8]
    var security: SessionSecurity?
    if encrypt {
      codeHash = try SessionSecurity.codeHash(of: code, codecs: codecs)
      security = try SessionSecurity(code: code, codecs: codecs)
    } else {
      var checksum = ChainedChecksum()
      codeHash = code.withSecret { secret in secret.withUnsafeBytes { checksum.update(with: $0) } }
    }
    let peer = try await rendezvous.findPeer(by: Hex.encode(codeHash))
    monitor.emit(.paired)
    return (
      Protocol1Connection(transportConnection: peer.connection, role: role, security: security), peer.firstMessage
    )
  }
}
