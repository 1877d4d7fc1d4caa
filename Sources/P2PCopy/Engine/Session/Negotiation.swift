import NIOCore
import P2PCopyCore
import P2PCopyTransfer
import P2PCopyWire

/// The manifest exchange: the sender's offer, the receiver's selection, and what the session works with from then on.
enum Negotiation {
  /// What a session works with.
  struct Outcome: Sendable {
    var cipher: any Cipher
    /// Missing when nothing is compressed.
    var compressor: (any Compressor)?
    var digest: any Digest
    var chunkByteCount: Int
    var wantsResume: Bool
    /// Whether a file may count as complete by its size and time. Where a cryptographic digest was chosen somebody wants to
    /// know what the files have in them.
    var acceptsTimes: Bool
    /// How many lanes the session may have.
    var connectionCount: Int

    /// Makes the digests of files and chunks.
    var digests: DigestContexts

    /// For a listener.
    var terms: TransferTerms {
      TransferTerms(
        cipher: cipher.name, compressor: compressor?.name, digest: digest.name, chunkByteCount: chunkByteCount,
        resumes: wantsResume, connectionCount: connectionCount)
    }
  }

  /// The sender's part.
  ///
  /// - Throws: ``P2PCopyError``: what the receiver says, or that it selected what was not offered.
  static func run(
    offering offer: SessionOffer, codecs: CodecRegistry, in session: PeerSession, over lane: Lane,
    stepTimeout: Duration
  ) async throws -> Outcome {
    let sent = try await lane.send(.manifest(offer))
    let (message, received) = try await receiveControl(lane, within: stepTimeout)
    guard case .receiverManifest(let selection) = message else { throw outOfTurn(message, lane) }
    try selection.check(against: offer)
    let outcome = try outcome(of: selection, for: offer, codecs: codecs)
    try await session.agree(on: outcome.cipher, manifest: sent, receiverManifest: received, over: lane)
    return outcome
  }

  /// The receiver's part.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/noCommonCodec`` when there is nothing to select.
  static func run(
    selectingFor codecs: CodecRegistry, connectionLimit: Int, in session: PeerSession, over lane: Lane,
    stepTimeout: Duration
  ) async throws -> Outcome {
    let (message, received) = try await receiveControl(lane, within: stepTimeout)
    guard case .manifest(let offer) = message else { throw outOfTurn(message, lane) }
    let selection = try SessionSelection(from: offer, for: codecs, connectionLimit: connectionLimit)
    let outcome = try outcome(of: selection, for: offer, codecs: codecs)
    let sent = try await lane.send(.receiverManifest(selection))
    try await session.agree(on: outcome.cipher, manifest: received, receiverManifest: sent, over: lane)
    return outcome
  }

  private static func receiveControl(
    _ lane: Lane, within stepTimeout: Duration
  ) async throws -> (SessionMessage, body: [UInt8]) {
    let record = try await withDeadline(
      stepTimeout,
      orThrow: P2PCopyError(
        .peerLeft, "the \(lane.role.other) did not go on after the handshake", remedy: .runAgain)
    ) {
      try await lane.receive().body
    }
    guard let kind = record.getInteger(at: record.readerIndex, as: UInt8.self), kind == RecordKind.control.rawValue
    else { throw P2PCopyError(.protocolViolation, "the \(lane.role.other) sent data before the manifest") }
    let body = Array(record.readableBytesView.dropFirst())
    let message = try SessionMessage(decoding: body)
    if case .error(let code, let text) = message { throw P2PCopyError(reportedBy: lane.role.other, code, text) }
    return (message, body)
  }

  private static func outOfTurn(_ message: SessionMessage, _ lane: Lane) -> P2PCopyError {
    P2PCopyError(.protocolViolation, "the \(lane.role.other) sent a \(message.typeName) message out of turn")
  }

  private static func outcome(
    of selection: SessionSelection, for offer: SessionOffer, codecs: CodecRegistry
  ) throws(P2PCopyError) -> Outcome {
    guard let cipher = codecs.cipher(named: selection.codecs.cipher) else {
      throw codecs.missing(.cipher, selection.codecs.cipher, forProtocol: 2)
    }
    guard let digest = codecs.digest(named: selection.codecs.digest) else {
      throw codecs.missing(.digest, selection.codecs.digest, forProtocol: 2)
    }
    guard (1...64).contains(digest.byteCount) else {
      throw P2PCopyError(.noCommonCodec, "the digest \(digest.name) is longer than protocol 2 carries")
    }
    var compressor: (any Compressor)?
    if selection.codecs.compressor != .none {
      compressor = codecs.compressor(named: selection.codecs.compressor)
      if compressor == nil { throw codecs.missing(.compressor, selection.codecs.compressor, forProtocol: 2) }
    }
    return Outcome(
      cipher: cipher, compressor: compressor, digest: digest, chunkByteCount: selection.chunkByteCount,
      wantsResume: offer.wantsResume,
      acceptsTimes: offer.wantsResume && offer.acceptsTimes && digest.name != DeliveryLog.checksumsDigest,
      connectionCount: selection.connectionCount,
      digests: DigestContexts(digest, chunkByteCount: selection.chunkByteCount))
  }
}

extension P2PCopyError {
  /// What the other side says about why it stops.
  init(reportedBy role: PeerRole, _ code: Code, _ message: String) {
    switch code {
    // What both sides have in common keeps its name.
    case .noCommonCodec, .wrongCode, .checksumMismatch: self.init(code, "the \(role) stopped: \(message)")
    default:
      // What the Close behind it says, too: nobody was lost.
      let closure = TransportClosure(.failed(role), text: code.name)
      self.init(
        role == .receiver && !closure.isStop ? .peerFailed : .peerLeft, "the \(role) stopped: \(message)",
        remedy: role == .sender || code == .cancelled || closure.isStop ? .resume : nil, cause: closure)
    }
  }
}
