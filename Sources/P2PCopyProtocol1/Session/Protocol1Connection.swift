import NIOCore
import P2PCopyCore
import P2PCopyTransfer

/// The connection to the other peer, once paired: control messages and chunks, sealed where the session is encrypted.
///
/// Used by the session's task alone.
final class Protocol1Connection {
  let transportConnection: any TransportConnection
  let role: PeerRole
  let security: SessionSecurity?

  init(transportConnection: any TransportConnection, role: PeerRole, security: SessionSecurity?) {
    self.transportConnection = transportConnection
    self.role = role
    self.security = security
  }

  /// Sends a control message, sealed where its kind is in an encrypted session.
  func send(_ message: ControlMessage) async throws {
    var message = message
    if let security {
      switch message {
      case .manifest:
        let startNonce = (0..<NonceChain.byteCount).map { _ in UInt8.random(in: .min ... .max) }
        security.begin(startNonce: startNonce)
        message = .encryptedManifest(startNonce: startNonce, sealed: try security.seal(message.encoded()))
      case .receiverManifest:
        message = .encryptedReceiverManifest(sealed: try security.seal(message.encoded()))
      case .file:
        message = .encryptedFile(sealed: try security.seal(message.encoded()))
      default: break
      }
    }
    try await transportConnection.send(message.encoded(), as: role)
  }

  /// Sends a chunk whose header space is filled and whose payload is sealed already.
  func send(_ chunk: consuming ByteBuffer) async throws {
    // Not through a closure: that would hold a second reference, and the transport could not mask in place.
    do {
      try await transportConnection.send(.binary(consume chunk))
    } catch {
      throw P2PCopyError.translating(error, as: role)
    }
  }

  /// Waits for the next message.
  ///
  /// - Throws: ``P2PCopyError``, also when the other side ended the connection: the caller still expects something.
  func receive() async throws -> TransportMessage {
    try await transportConnection.nextMessage(as: role)
  }

  /// Reads a control message, opening it where it is sealed.
  ///
  /// - Throws: ``P2PCopyError`` when it is malformed, or sealed in a plain session or the other way round.
  func open(_ text: String) throws(P2PCopyError) -> ControlMessage {
    let message = try ControlMessage(decoding: text)
    guard let security else {
      switch message {
      case .encryptedManifest, .encryptedReceiverManifest, .encryptedFile:
        throw P2PCopyError(.wrongCode, "the other side encrypts and this one does not", remedy: .encryptBothSides)
      default: return message
      }
    }
    switch message {
    case .encryptedManifest(let startNonce, let sealed):
      guard startNonce.count == NonceChain.byteCount else {
        throw P2PCopyError(.protocolViolation, "the sender's start nonce has \(startNonce.count) bytes instead of 32")
      }
      security.begin(startNonce: startNonce)
      let opened = try ControlMessage(decoding: security.open(sealed))
      guard case .manifest = opened else { throw Self.wrongContents(message, opened) }
      return opened
    case .encryptedReceiverManifest(let sealed):
      let opened = try ControlMessage(decoding: security.open(sealed))
      guard case .receiverManifest = opened else { throw Self.wrongContents(message, opened) }
      return opened
    case .encryptedFile(let sealed):
      let opened = try ControlMessage(decoding: security.open(sealed))
      guard case .file = opened else { throw Self.wrongContents(message, opened) }
      return opened
    case .manifest, .receiverManifest, .file:
      throw P2PCopyError(.wrongCode, "the other side does not encrypt and this one does", remedy: .encryptBothSides)
    default: return message
    }
  }

  /// Ends the connection in good order.
  ///
  /// - Throws: ``P2PCopyError`` when the other side ended with a failure.
  func finish() async throws {
    let closure: TransportClosure
    do {
      closure = try await transportConnection.finish(.normal)
    } catch {
      throw P2PCopyError.translating(error, as: role)
    }
    if !closure.isNormal { throw P2PCopyError(closure, as: role) }
  }

  private static func wrongContents(_ outer: ControlMessage, _ inner: ControlMessage) -> P2PCopyError {
    P2PCopyError(.protocolViolation, "the other side sealed a \(inner.typeName) message as \(outer.typeName)")
  }
}
