import AESGCM
import Crypto
import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import SPAKE2
import TestSupport

/// One side of a session of protocol 2 whose every record the test writes itself. Of the package it uses the formats
/// and the key schedule only.
final class RecordPeer: @unchecked Sendable {
  // Used by one test's task.
  let connection: any TransportConnection
  let role: PeerRole
  let schedule: KeySchedule
  /// Over what both said before the change of keys.
  private(set) var negotiationHash: [UInt8] = []
  /// Whether there are other connections, so that not every number comes over this one.
  var hasSeveralLanes = false
  private let sealer: RecordSealer
  private let opener: RecordOpener

  private static let identities = KeyExchangeIdentities(
    sender: Array("p2p-copy/2 sender".utf8), receiver: Array("p2p-copy/2 receiver".utf8))

  private init(connection: any TransportConnection, role: PeerRole, schedule: consuming KeySchedule) throws {
    self.connection = connection
    self.role = role
    let cipher = AESGCMCipher()
    sealer = RecordSealer(
      key: try RecordKey(
        schedule, .bootstrapKey, .bootstrapIV, cipher: cipher, direction: KeyDirection(from: role)))
    opener = RecordOpener(
      key: try RecordKey(
        schedule, .bootstrapKey, .bootstrapIV, cipher: cipher, direction: KeyDirection(from: role.other)),
      from: role.other)
    self.schedule = schedule
  }

  // MARK: Before the first record

  /// Connects, says hello, and waits for the other peer.
  static func connect(
    as role: PeerRole, to relay: InMemoryRelay, code: String = QuickTransfer.code
  ) async throws -> any TransportConnection {
    let channel = Array(code.utf8.prefix { $0 != UInt8(ascii: "-") })
    return try await connect(as: role, to: relay, by: CodeStretching.rendezvous(channel: channel))
  }

  /// Connects, says hello by an id, and waits for the other peer.
  static func connect(
    as role: PeerRole, to relay: InMemoryRelay, by identifier: String
  ) async throws -> any TransportConnection {
    let connection = try await InMemoryTransport(relay: relay)
      .connect(to: Endpoint(scheme: "memory", address: "relay"), options: TransportOptions())
    let hello = RendezvousMessage.hello(identifier: identifier, role: role, protocolNumber: 2)
    try await connection.send(.text(hello.encoded()))
    while case .text(let text)? = try await connection.receive(), try RendezvousMessage(decoding: text) != .ready {}
    return connection
  }

  /// The next message of the handshake.
  static func next(_ connection: any TransportConnection) async throws -> HandshakeMessage {
    guard case .text(let text)? = try await connection.receive() else {
      throw P2PCopyError(.protocolViolation, "no message of the handshake came")
    }
    return try HandshakeMessage(decoding: text)
  }

  /// A run of the key exchange.
  static func keyExchange(as role: PeerRole, code: String = QuickTransfer.code) throws -> any KeyExchangeContext {
    let parts = try PairingCode(code).parts()
    let password = try CodeStretching.password(
      secret: parts.secret, channel: parts.channel ?? [], byteCount: SPAKE2KeyExchange().passwordByteCount,
      QuickKeyDeriver())
    return try SPAKE2KeyExchange().begin(as: role, password: password, identities: identities)
  }

  /// Meets the other peer and shakes hands.
  static func meet(
    as role: PeerRole, at relay: InMemoryRelay, code: String = QuickTransfer.code
  ) async throws -> RecordPeer {
    let connection = try await connect(as: role, to: relay, code: code)
    return try await shakeHands(as: role, over: connection, code: code)
  }

  /// Shakes hands.
  static func shakeHands(
    as role: PeerRole, over connection: any TransportConnection, code: String = QuickTransfer.code
  ) async throws -> RecordPeer {
    let channel = Array(code.utf8.prefix { $0 != UInt8(ascii: "-") })
    let rendezvous = CodeStretching.rendezvous(channel: channel)
    let exchange = try keyExchange(as: role, code: code)
    func transcript(_ key: [UInt8], _ ciphertext: [UInt8]) -> HandshakeTranscript {
      HandshakeTranscript(
        rendezvous: rendezvous, senderProtocol: 2, receiverProtocol: 2, kemKey: key, kemCiphertext: ciphertext)
    }
    func wrongCode() -> P2PCopyError { P2PCopyError(.wrongCode, "the confirmation does not match") }
    switch role {
    case .sender:
      let kem = try XWingMLKEM768X25519.PrivateKey.generate()
      let kemKey = Array(kem.publicKey.rawRepresentation)
      try await connection.send(
        .text(HandshakeMessage.senderPake(protocolNumber: 2, share: exchange.share, kemKey: kemKey).encoded()))
      guard case .receiverPake(_, let share, let ciphertext, let confirmation) = try await next(connection) else {
        throw wrongCode()
      }
      let transcript = transcript(kemKey, ciphertext)
      let result = try exchange.finish(
        peerShare: share.span.bytes, associatedData: transcript.associatedData.span.bytes)
      guard confirmation == result.expectedConfirmation else {
        try await connection.send(.text(HandshakeMessage.wrongCode.encoded()))
        throw wrongCode()
      }
      try await connection.send(.text(HandshakeMessage.confirm(result.confirmation).encoded()))
      let secret = SecretBytes(copying: try kem.decapsulate(Data(ciphertext)))
      return try RecordPeer(
        connection: connection, role: role,
        schedule: KeySchedule(
          sharedKey: result.sharedKey, kemSecret: secret,
          salt: transcript.salt(
            senderShare: exchange.share, receiverShare: share, receiverConfirmation: confirmation,
            senderConfirmation: result.confirmation)))
    case .receiver:
      guard case .senderPake(_, let share, let kemKey) = try await next(connection) else { throw wrongCode() }
      let encapsulated = try XWingMLKEM768X25519.PublicKey(rawRepresentation: kemKey).encapsulate()
      let ciphertext = Array(encapsulated.encapsulated)
      let transcript = transcript(kemKey, ciphertext)
      let result = try exchange.finish(
        peerShare: share.span.bytes, associatedData: transcript.associatedData.span.bytes)
      try await connection.send(
        .text(
          HandshakeMessage.receiverPake(
            protocolNumber: 2, share: exchange.share, kemCiphertext: ciphertext, confirmation: result.confirmation
          ).encoded()))
      guard case .confirm(let confirmation) = try await next(connection), confirmation == result.expectedConfirmation
      else { throw wrongCode() }
      let secret = SecretBytes(copying: encapsulated.sharedSecret)
      return try RecordPeer(
        connection: connection, role: role,
        schedule: KeySchedule(
          sharedKey: result.sharedKey, kemSecret: secret,
          salt: transcript.salt(
            senderShare: share, receiverShare: exchange.share, receiverConfirmation: result.confirmation,
            senderConfirmation: confirmation)))
    }
  }

  // MARK: Records

  /// What a peer with the quick codecs offers.
  static let offer = SessionOffer(
    codecs: CodecOffer(QuickTransfer.quickCodecs), chunkByteCounts: [1 << 20], wantsResume: true)

  /// Offers as a sender.
  func negotiate(offering offer: SessionOffer = RecordPeer.offer) async throws {
    let manifest = SessionMessage.manifest(offer).encoded()
    try await send(control: manifest)
    let selection = try await receive()
    guard case .receiverManifest = try SessionMessage(decoding: selection.dropFirst()) else {
      throw P2PCopyError(.protocolViolation, String(decoding: selection, as: UTF8.self))
    }
    try changeKeys(manifest, Array(selection.dropFirst()))
  }

  /// Selects as a receiver.
  ///
  /// - Parameter laneCount: How many connections there may be at most.
  /// - Throws: When the sender offers nothing that fits.
  func negotiateAsReceiver(laneCount: Int = 1) async throws {
    let manifest = try await receive()
    guard case .manifest(let offer) = try SessionMessage(decoding: manifest.dropFirst()) else {
      throw P2PCopyError(.protocolViolation, String(decoding: manifest, as: UTF8.self))
    }
    let selection = SessionMessage.receiverManifest(
      try SessionSelection(from: offer, for: QuickTransfer.quickCodecs, connectionLimit: laneCount)
    ).encoded()
    try await send(control: selection)
    try changeKeys(Array(manifest.dropFirst()), selection)
  }

  private func changeKeys(_ manifest: [UInt8], _ selection: [UInt8]) throws {
    let context = KeySchedule.negotiationHash(manifest: manifest, receiverManifest: selection)
    negotiationHash = context
    let cipher = AESGCMCipher()
    sealer.changeKey(
      to: try RecordKey(
        schedule, .dataKey, .dataIV, cipher: cipher, direction: KeyDirection(from: role), context: context))
    opener.changeKey(
      to: try RecordKey(
        schedule, .dataKey, .dataIV, cipher: cipher, direction: KeyDirection(from: role.other), context: context))
  }

  func send(control message: [UInt8]) async throws {
    try await send(body: [RecordKind.control.rawValue] + message)
  }

  func send(_ message: SessionMessage) async throws {
    try await send(control: message.encoded())
  }

  func send(body: [UInt8]) async throws {
    var record = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
    record.writeBytes(body)
    try sealer.seal(&record)
    try await connection.send(.binary(record))
  }

  /// Sends what `write` appends.
  func send(_ write: (inout ByteBuffer) -> Void) async throws {
    var body = ByteBuffer()
    write(&body)
    try await send(body: Array(body.readableBytesView))
  }

  /// The body of the next record.
  func receiveAny() async throws -> [UInt8] {
    guard case .binary(var record)? = try await connection.receive() else {
      throw P2PCopyError(.peerLeft, "no record came")
    }
    if hasSeveralLanes {
      // In which order is not what these tests are about.
      _ = try opener.openAny(&record)
    } else {
      try opener.open(&record)
    }
    return Array(record.readableBytesView)
  }

  /// The body of the next record but those that say that the other side is alive or how far it is, which come at any time.
  func receive() async throws -> [UInt8] {
    while true {
      let body = try await receiveAny()
      if body.first == RecordKind.received.rawValue { continue }
      guard body.first == RecordKind.control.rawValue, let message = try? SessionMessage(decoding: body.dropFirst())
      else { return body }
      switch message {
      case .stored, .working: continue
      default: return body
      }
    }
  }

  /// Reads to the end.
  ///
  /// - Returns: What the other side said about why it stops, if it did.
  func lastWord() async -> P2PCopyError.Code? {
    var code: P2PCopyError.Code?
    while let body = try? await receive() {
      guard body.first == RecordKind.control.rawValue,
        case .error(let said, _)? = try? SessionMessage(decoding: body.dropFirst())
      else { continue }
      code = said
    }
    return code
  }

  /// Ends in good order whatever the other side said.
  func finish() async {
    _ = try? await connection.finish(.normal)
  }
}
