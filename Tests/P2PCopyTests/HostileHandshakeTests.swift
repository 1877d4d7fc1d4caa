import AESGCM
import Crypto
import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import SPAKE2
import TestSupport
import Testing
import XXH128

/// A peer whose messages of the handshake are the test's.
@Suite("Hostile handshake")
struct HostileHandshakeTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "file")
    try folder.makeDirectory("out")
  }

  /// M and N of RFC 9382 for P-256, uncompressed.
  private static let constantM = bytes(
    "04886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f5ff355163e43ce224e0b0e65ff02ac"
      + "8e5c7be09419c785e0ca547d55a12e2d20")
  private static let constantN = bytes(
    "04d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b4907d60aa6bfade45008a636337f5168"
      + "c64d9bd36034808cd564490b1e656edbe7")

  /// A password, and N times it: what of a receiver's share is not random. Of the known answers in
  /// `Tests/P2PCopyWireTests/Vectors`.
  private static let password = bytes(
    "afe68377837cfa68bb900345e526e768e9fa5d4d6a00e2e3c1e6004f9e6a5627dbc04ab1f9df8b4602fbbcae798463ae")
  private static let receiverBlind = bytes(
    "04cdd69b4102a3c809276083ce552d8a0af99ae0fb9d8f954d872224b0a4d71191bbe77eba3d7a52bd3304bcb120b486"
      + "09a6c28dc23341c83100e20ff5f933ebbf")

  private static func bytes(_ text: String) -> [UInt8] { Hex.decode(text) ?? [] }

  enum Share: String, CaseIterable {
    case empty, short, long, compressed, hybrid, offCurve, infinity, zeros, coordinateTooLarge, reflected
    /// The constants themselves: what is left of them without their blind is known to nobody.
    case constantM, constantN
  }

  private func share(_ kind: Share, peerShare: [UInt8], own: [UInt8]) -> [UInt8] {
    switch kind {
    case .empty: []
    case .short: Array(own.dropLast())
    case .long: own + [0]
    case .compressed: [2 + own[64] % 2] + own[1...32]
    case .hybrid: [6 + own[64] % 2] + own[1...]
    case .offCurve: Array(own.dropLast()) + [own[64] ^ 1]
    case .infinity: [0]
    case .zeros: [4] + [UInt8](repeating: 0, count: 64)
    case .coordinateTooLarge: [4] + [UInt8](repeating: 0xFF, count: 64)
    case .reflected: peerShare
    case .constantM: Self.constantM
    case .constantN: Self.constantN
    }
  }

  /// What the receiver's side of the connection ended with, when it ends with a failure that is told.
  private func closure(_ connection: any TransportConnection) async -> TransportClosure? {
    do {
      while let message = try await connection.receive() {
        if case .binary = message { Issue.record("a record was sent to a stranger") }
      }
      return nil
    } catch {
      return error as? TransportClosure
    }
  }

  @Test("A sender refuses every bad share and says so", arguments: Share.allCases)
  func shareAtSender(kind: Share) async throws {
    let transfer = QuickTransfer()
    async let sent = transfer.watched { await transfer.send([folder.path("file")]) }
    let connection = try await RecordPeer.connect(as: .receiver, to: transfer.relay)
    guard case .senderPake(_, let senderShare, let kemKey) = try await RecordPeer.next(connection) else {
      Issue.record("no share came")
      return
    }
    let exchange = try RecordPeer.keyExchange(as: .receiver)
    let share = self.share(kind, peerShare: senderShare, own: exchange.share)
    let ciphertext = Array(try XWingMLKEM768X25519.PublicKey(rawRepresentation: kemKey).encapsulate().encapsulated)
    try await connection.send(
      .text(
        HandshakeMessage.receiverPake(
          protocolNumber: 2, share: share, kemCiphertext: ciphertext, confirmation: [UInt8](repeating: 7, count: 32)
        ).encoded()))
    let said = await closure(connection)
    #expect(said?.reason == .failed(.sender))
    await finish(connection)
    let code = await sent.errorCode
    #expect(code == .protocolViolation || code == .wrongCode)
    // On the curve, it is as good as a wrong code.
    #expect(
      (code == .wrongCode) == [Share.reflected, .constantM, .constantN].contains(kind), "\(kind): \(code as Any)")
  }

  @Test("A receiver refuses every bad share and says so", arguments: Share.allCases)
  func shareAtReceiver(kind: Share) async throws {
    let transfer = QuickTransfer()
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    let exchange = try RecordPeer.keyExchange(as: .sender)
    // The receiver's share is not known before the sender's: there is nothing to reflect but the own one.
    let share = self.share(kind, peerShare: exchange.share, own: exchange.share)
    let kemKey = Array(try XWingMLKEM768X25519.PrivateKey.generate().publicKey.rawRepresentation)
    try await connection.send(
      .text(HandshakeMessage.senderPake(protocolNumber: 2, share: share, kemKey: kemKey).encoded()))
    let isOnCurve = [Share.reflected, .constantM, .constantN].contains(kind)
    if isOnCurve {
      // Its answer tells nothing but whether the code is right; reflecting its confirmation is no proof.
      guard case .receiverPake(_, let answer, _, let confirmation) = try await RecordPeer.next(connection) else {
        Issue.record("no share came")
        return
      }
      #expect(answer != share)
      try await connection.send(.text(HandshakeMessage.confirm(confirmation).encoded()))
    }
    let said = await closure(connection)
    #expect(said?.reason == .failed(.receiver))
    await finish(connection)
    #expect(await received.errorCode == (isOnCurve ? .wrongCode : .protocolViolation))
    #expect(try folder.tree("out").isEmpty)
  }

  @Test("A malformed KEM key ends the session at the receiver", arguments: [0, 1215, 1217, 1216, -1])
  func kemKey(count: Int) async throws {
    let transfer = QuickTransfer()
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    let exchange = try RecordPeer.keyExchange(as: .sender)
    // Of the right length: all zeros, or (-1) coefficients beyond the modulus.
    let kemKey = [UInt8](repeating: count < 0 ? 0xFF : 0, count: abs(count == -1 ? 1216 : count))
    try await connection.send(
      .text(HandshakeMessage.senderPake(protocolNumber: 2, share: exchange.share, kemKey: kemKey).encoded()))
    // Somebody who cannot decapsulate has no confirmation either: here it stays away.
    while case .some(.text(let text)) = try? await connection.receive() {
      guard case .receiverPake = try HandshakeMessage(decoding: text) else { continue }
      try await connection.send(.text(HandshakeMessage.confirm([UInt8](repeating: 0, count: 32)).encoded()))
    }
    await finish(connection)
    let code = await received.errorCode
    #expect(count == 1216 ? code == .wrongCode || code == .protocolViolation : code == .protocolViolation)
    #expect(try folder.tree("out").isEmpty)
  }

  @Test("A malformed KEM ciphertext ends the session at the sender", arguments: [0, 1119, 1121, 1120])
  func kemCiphertext(count: Int) async throws {
    let transfer = QuickTransfer()
    async let sent = transfer.watched { await transfer.send([folder.path("file")]) }
    let connection = try await RecordPeer.connect(as: .receiver, to: transfer.relay)
    guard case .senderPake(_, let senderShare, let kemKey) = try await RecordPeer.next(connection) else {
      Issue.record("no share came")
      return
    }
    // Whoever knows the code and sends nonsense: the confirmation is right.
    let exchange = try RecordPeer.keyExchange(as: .receiver)
    let ciphertext = [UInt8](repeating: 0, count: count)
    let transcript = HandshakeTranscript(
      rendezvous: CodeStretching.rendezvous(channel: Array("4821".utf8)), senderProtocol: 2, receiverProtocol: 2,
      kemKey: kemKey, kemCiphertext: ciphertext)
    let finished = try exchange.finish(
      peerShare: senderShare.span.bytes, associatedData: transcript.associatedData.span.bytes)
    try await connection.send(
      .text(
        HandshakeMessage.receiverPake(
          protocolNumber: 2, share: exchange.share, kemCiphertext: ciphertext, confirmation: finished.confirmation
        ).encoded()))
    if count == HandshakeTranscript.kemCiphertextByteCount {
      // Refused at once, or it gives a secret that nobody else has: then no record can be read.
      _ = try? await connection.receive()
      try? await connection.send(.binary(ByteBuffer(repeating: 0, count: 100)))
    }
    while (try? await connection.receive()) != nil {}
    await finish(connection)
    let code = await sent.errorCode
    #expect(
      code == .protocolViolation
        || count == HandshakeTranscript.kemCiphertextByteCount && code == .checksumMismatch, "\(code as Any)")
  }

  @Test("The identity: a share that leaves nothing once its blind is gone is refused")
  func identity() async throws {
    // w times N, which only somebody who knows the code can compute: still no key of zero.
    let blind = Self.receiverBlind
    var codecs = CodecRegistry(plugins: [AESGCMCipher.self, XXH128Digest.self, SPAKE2KeyExchange.self])
    codecs.register(FixedKeyDeriver(bytes: Self.password))
    let transfer = QuickTransfer(codecs: codecs)
    async let sent = transfer.watched { await transfer.send([folder.path("file")]) }
    let connection = try await RecordPeer.connect(as: .receiver, to: transfer.relay)
    _ = try await RecordPeer.next(connection)
    try await connection.send(
      .text(
        HandshakeMessage.receiverPake(
          protocolNumber: 2, share: blind,
          kemCiphertext: [UInt8](repeating: 1, count: HandshakeTranscript.kemCiphertextByteCount),
          confirmation: [UInt8](repeating: 0, count: 32)
        ).encoded()))
    #expect(await closure(connection)?.reason == .failed(.sender))
    await finish(connection)
    #expect(await sent.errorCode == .protocolViolation)
  }

  @Test("A peer that says nothing after it was paired is not waited for without end")
  func silence() async throws {
    for role in [PeerRole.sender, .receiver] {
      var transfer = QuickTransfer()
      transfer.sendOptions.stepTimeout = .milliseconds(100)
      transfer.receiveOptions.stepTimeout = .milliseconds(100)
      let ready = transfer
      async let ended = ready.watched {
        role == .sender
          ? await ready.send([folder.path("file")]) : await ready.receive(into: folder.path("out"))
      }
      let connection = try await RecordPeer.connect(as: role.other, to: transfer.relay)
      while (try? await connection.receive()) != nil {}
      await finish(connection)
      #expect(await ended.errorCode == .peerLeft, "\(role)")
    }
  }

  @Test("A peer that floods the handshake with messages of unknown types is given up")
  func flood() async throws {
    let transfer = QuickTransfer()
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    for index in 0..<40 { try? await connection.send(.text(#"{"type":"novelty \#(index)"}"#)) }
    while (try? await connection.receive()) != nil {}
    await finish(connection)
    #expect(await received.errorCode == .protocolViolation)
  }

  /// How somebody behaves who has seen the receiver's confirmation, and by that whether a guess was right.
  enum Departure: String, CaseIterable {
    case close, closeAsReceiver, closeAsRelay, refusedByRelay, vanish, silence, wrongCode, relayError, malformed,
      shortMessage
    case outOfTurn, unknownWithoutEnd, record, wrongConfirmation, shortConfirmation
  }

  @Test(
    "Whatever comes between the receiver's confirmation and the sender's is a possible guess",
    arguments: Departure.allCases)
  func guess(departure: Departure) async throws {
    // Long enough that only the silent one meets it, and that one not before it has said what it says: where hundreds of
    // tests share the processors that takes a while.
    for timeout in departure == .silence ? [1, 10, 60] : [60] {
      if try await guess(departure, within: .seconds(timeout)) { return }
    }
    Issue.record("the confirmation never came in time")
  }

  /// - Returns: Whether the receiver's confirmation came before the time for a step was over.
  private func guess(_ departure: Departure, within stepTimeout: Duration) async throws -> Bool {
    var transfer = QuickTransfer()
    transfer.receiveOptions.stepTimeout = stepTimeout
    let ready = transfer
    async let received = ready.watched { await ready.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    guard case .success = await result({ try await openWindow(connection) }) else {
      await finish(connection)
      #expect(await received.errorCode != nil)
      return false
    }
    func say(_ message: HandshakeMessage) async throws { try await connection.send(.text(message.encoded())) }
    switch departure {
    case .close: break
    case .closeAsReceiver: _ = try? await connection.finish(TransportClosure(.failed(.receiver), text: "cancelled"))
    case .closeAsRelay: _ = try? await connection.finish(TransportClosure(.peerVanished, text: "peer vanished"))
    case .refusedByRelay: _ = try? await connection.finish(TransportClosure(.unavailable, text: "full"))
    case .vanish: connection.abort()
    case .silence: while (try? await connection.receive()) != nil {}
    case .wrongCode: try await say(.wrongCode)
    case .relayError: try await say(.refused(code: "shutting-down", message: "later"))
    case .malformed: try await connection.send(.text("{"))
    case .shortMessage: try await connection.send(.text(#"{"type":"pake_confirm"}"#))
    case .outOfTurn: try await say(.receiverPake(protocolNumber: 2, share: [], kemCiphertext: [], confirmation: []))
    case .unknownWithoutEnd: for _ in 0..<20 { try? await say(.unknown(type: "novelty")) }
    case .record: try await connection.send(.binary(ByteBuffer(repeating: 0, count: 100)))
    case .wrongConfirmation: try await say(.confirm([UInt8](repeating: 7, count: 32)))
    case .shortConfirmation: try await say(.confirm([]))
    }
    await finish(connection)
    let outcome = await received
    #expect(outcome.errorCode == .wrongCode)
    #expect(outcome.errorRemedy == .changeCode || outcome.errorRemedy == .compareCodes, "\(outcome)")
    #expect(try folder.tree("out").isEmpty)
    return true
  }

  @Test("Cancelled in that moment, the receiver is cancelled and warns all the same")
  func guessAndCancel() async throws {
    let transfer = QuickTransfer()
    let receiving = Task { await transfer.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    try await openWindow(connection)
    receiving.cancel()
    while (try? await connection.receive()) != nil {}
    await finish(connection)
    let outcome = await receiving.value
    #expect(outcome.errorCode == .cancelled)
    #expect(outcome.errorRemedy == .changeCode, "\(outcome)")
  }

  @Test("A sender that leaves before the receiver's confirmation has tested nothing")
  func noGuess() async throws {
    let transfer = QuickTransfer()
    async let received = transfer.watched { await transfer.receive(into: folder.path("out")) }
    let connection = try await RecordPeer.connect(as: .sender, to: transfer.relay)
    await finish(connection)
    #expect(await received.errorCode == .peerLeft)
  }

  /// Sends a sender's share and takes the receiver's confirmation.
  private func openWindow(_ connection: any TransportConnection) async throws {
    let exchange = try RecordPeer.keyExchange(as: .sender)
    let kemKey = Array(try XWingMLKEM768X25519.PrivateKey.generate().publicKey.rawRepresentation)
    try await connection.send(
      .text(HandshakeMessage.senderPake(protocolNumber: 2, share: exchange.share, kemKey: kemKey).encoded()))
    guard case .receiverPake = try await RecordPeer.next(connection) else {
      Issue.record("no confirmation came")
      return
    }
  }

  private func finish(_ connection: any TransportConnection) async {
    _ = try? await connection.finish(.normal)
  }
}
