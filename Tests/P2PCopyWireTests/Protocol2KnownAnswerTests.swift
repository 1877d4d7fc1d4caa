import AESGCM
import Argon2id
import Crypto
import Foundation
import NIOCore
import P2PCopyCore
import P2PCopyWire
import SPAKE2
import Testing

@Suite("Known answers of protocol 2")
struct Protocol2KnownAnswerTests {
  let known: Protocol2KnownAnswers

  init() throws {
    known = try Protocol2KnownAnswers.load()
  }

  private var identities: KeyExchangeIdentities {
    KeyExchangeIdentities(sender: Array("p2p-copy/2 sender".utf8), receiver: Array("p2p-copy/2 receiver".utf8))
  }

  private var transcript: HandshakeTranscript {
    HandshakeTranscript(
      rendezvous: known.rendezvous, senderProtocol: 2, receiverProtocol: 2, kemKey: known.kemKeyHex.hexBytes,
      kemCiphertext: known.kemCiphertextHex.hexBytes)
  }

  private var schedule: KeySchedule {
    KeySchedule(
      sharedKey: SecretBytes(hex: known.sharedKeyHex), kemSecret: SecretBytes(hex: known.kemSecretHex),
      salt: known.transcriptSaltHex.hexBytes)
  }

  @Test("A code becomes a rendezvous id and a password")
  func code() throws {
    let parts = try PairingCode(known.code).parts()
    guard let channel = parts.channel else {
      Issue.record("the code has no channel")
      return
    }
    #expect(CodeStretching.rendezvous(channel: channel) == known.rendezvous)
    #expect(CodeStretching.passwordSalt(channel: channel) == known.passwordSaltHex.hexBytes)
    let password = try CodeStretching.password(
      secret: parts.secret, channel: channel, byteCount: 48, Argon2idKeyDeriver())
    #expect(password.hex == known.passwordHex)
    let whole = SecretBytes(copying: known.wholeCode.utf8Span.span.bytes)
    let rendezvous = try CodeStretching.rendezvous(wholeCode: whole, Argon2idKeyDeriver())
    #expect(rendezvous == known.wholeCodeRendezvous)
  }

  @Test("Shares, shared key and confirmations of both sides, from the 48 bytes as from the reduced number")
  func keyExchange() throws {
    for password in [known.passwordHex, known.wHex] {
      let sender = try SPAKE2KeyExchange().begin(
        as: .sender, fixedPassword: SecretBytes(hex: password), fixedScalar: SecretBytes(hex: known.senderScalarHex),
        identities: identities)
      let receiver = try SPAKE2KeyExchange().begin(
        as: .receiver, fixedPassword: SecretBytes(hex: password),
        fixedScalar: SecretBytes(hex: known.receiverScalarHex), identities: identities)
      let senderShare = sender.share
      let receiverShare = receiver.share
      #expect(Hex.encode(senderShare) == known.senderShareHex)
      #expect(Hex.encode(receiverShare) == known.receiverShareHex)
      let associatedData = known.associatedDataHex.hexBytes
      let sent = try sender.finish(
        peerShare: receiverShare.span.bytes, associatedData: associatedData.span.bytes)
      let received = try receiver.finish(
        peerShare: senderShare.span.bytes, associatedData: associatedData.span.bytes)
      #expect(sent.sharedKey.hex == known.sharedKeyHex)
      #expect(received.sharedKey.hex == known.sharedKeyHex)
      #expect(Hex.encode(sent.confirmation) == known.senderConfirmationHex)
      #expect(Hex.encode(sent.expectedConfirmation) == known.receiverConfirmationHex)
      #expect(Hex.encode(received.confirmation) == known.receiverConfirmationHex)
      #expect(Hex.encode(received.expectedConfirmation) == known.senderConfirmationHex)
    }
  }

  @Test("The key encapsulation: key of a seed, and what a ciphertext holds")
  func keyEncapsulation() throws {
    let key = try XWingMLKEM768X25519.PrivateKey(
      seedRepresentation: Data(known.kemSeedHex.hexBytes), publicKey: nil)
    #expect(Hex.encode(key.publicKey.rawRepresentation) == known.kemKeyHex)
    let ciphertext = Data(known.kemCiphertextHex.hexBytes)
    #expect(ciphertext.count == HandshakeTranscript.kemCiphertextByteCount)
    #expect(key.publicKey.rawRepresentation.count == HandshakeTranscript.kemKeyByteCount)
    let secret = try key.decapsulate(ciphertext)
    #expect(secret.withUnsafeBytes { Hex.encode($0) } == known.kemSecretHex)
  }

  @Test("What binds a handshake")
  func binding() {
    #expect(Hex.encode(transcript.associatedData) == known.associatedDataHex)
    let salt = transcript.salt(
      senderShare: known.senderShareHex.hexBytes, receiverShare: known.receiverShareHex.hexBytes,
      receiverConfirmation: known.receiverConfirmationHex.hexBytes,
      senderConfirmation: known.senderConfirmationHex.hexBytes)
    #expect(Hex.encode(salt) == known.transcriptSaltHex)
    let negotiation = KeySchedule.negotiationHash(
      manifest: Array(known.manifest.utf8), receiverManifest: Array(known.receiverManifest.utf8))
    #expect(Hex.encode(negotiation) == known.negotiationHashHex)
  }

  @Test("Every key of every purpose, direction, connection and epoch, with and without the negotiation")
  func keys() throws {
    let schedule = schedule
    #expect(known.keys.count == KeySchedule.Purpose.allCases.count * KeyDirection.allCases.count * 2 * 2)
    for key in known.keys {
      let purpose = try #require(KeySchedule.Purpose(rawValue: key.purpose))
      let direction = try #require(KeyDirection(rawValue: key.direction))
      let expanded = schedule.expand(
        purpose, direction: direction, connection: key.connection, epoch: key.epoch,
        context: key.contextHex.hexBytes, byteCount: key.keyHex.hexBytes.count)
      #expect(expanded.hex == key.keyHex, "\(key)")
    }
    #expect(Set(known.keys.map(\.keyHex)).count == known.keys.count)
  }

  @Test("Two records across a change of keys, sealed and opened")
  func records() throws {
    let schedule = schedule
    let context = known.negotiationHashHex.hexBytes
    func key(_ name: String) throws -> RecordKey {
      try name == "data"
        ? RecordKey(
          schedule, .dataKey, .dataIV, cipher: AESGCMCipher(), direction: .senderToReceiver, context: context)
        : RecordKey(
          schedule, .bootstrapKey, .bootstrapIV, cipher: AESGCMCipher(), direction: .senderToReceiver)
    }
    let sealer = RecordSealer(key: try key("bootstrap"))
    let opener = RecordOpener(key: try key("bootstrap"), from: .sender)
    #expect(known.records.map(\.key) == ["bootstrap", "data"])
    for record in known.records {
      if record.key == "data" {
        sealer.changeKey(to: try key("data"))
        opener.changeKey(to: try key("data"))
      }
      var sealed = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
      sealed.writeBytes(record.bodyHex.hexBytes)
      try sealer.seal(&sealed)
      #expect(Hex.encode(sealed.readableBytesView) == record.recordHex)
      #expect(Hex.encode(sealer.chainValue) == record.chainHex)
      var opened = ByteBuffer(bytes: record.recordHex.hexBytes)
      try opener.open(&opened)
      #expect(Hex.encode(opened.readableBytesView) == record.bodyHex)
      #expect(Hex.encode(opener.chainValue) == record.chainHex)
    }
  }

  @Test("A lane that was dialled again: where to meet, keys, confirmations, messages")
  func lane() throws {
    let offer = HandshakeMessage.LaneOffer(
      lane: 0, epoch: 2, receivedCount: 5, kemKey: known.kemKeyHex.hexBytes)
    let schedule = schedule
    let resumption = schedule.resumption(negotiationHash: known.negotiationHashHex.hexBytes)
    let places = (resumption.rendezvous(lane: 0, epoch: 2), resumption.rendezvous(lane: 0, epoch: 1))
    #expect(places.0 == known.lane.rendezvous)
    #expect(places.1 != known.lane.rendezvous)
    let transcript = LaneTranscript(
      rendezvous: known.lane.rendezvous, offer: offer, receivedByReceiver: 300,
      kemCiphertext: known.kemCiphertextHex.hexBytes)
    #expect(Hex.encode(transcript.hash) == known.lane.transcriptHex)
    let keys = resumption.keys(kemSecret: SecretBytes(hex: known.kemSecretHex), transcript: transcript.hash)
    let confirmations = (keys.confirmation(from: .sender), keys.confirmation(from: .receiver))
    #expect(Hex.encode(confirmations.0) == known.lane.senderConfirmationHex)
    #expect(Hex.encode(confirmations.1) == known.lane.receiverConfirmationHex)
    let valid = (keys.isValid(confirmations.0, from: .sender), keys.isValid(confirmations.1, from: .receiver))
    #expect(valid == (true, true))
    // Neither stands for the other one: a peer's own word sent back to it proves nothing.
    let reflected = (keys.isValid(confirmations.0, from: .receiver), keys.isValid(confirmations.1, from: .sender))
    #expect(reflected == (false, false))
    let empty = keys.isValid([], from: .sender)
    #expect(!empty)
    let dataKey = keys.schedule.expand(
      .dataKey, direction: .senderToReceiver, connection: 0, epoch: 2, context: known.negotiationHashHex.hexBytes,
      byteCount: 32)
    #expect(dataKey.hex == known.lane.dataKeyHex)
    let messages: [(HandshakeMessage, String)] = [
      (.laneOffer(offer), known.lane.offer),
      (
        .laneAnswer(
          receivedCount: 300, kemCiphertext: known.kemCiphertextHex.hexBytes, confirmation: confirmations.1),
        known.lane.answer
      ),
      (.laneConfirm(confirmations.0), known.lane.confirm),
    ]
    for (message, text) in messages {
      #expect(message.encoded() == text)
      #expect(try HandshakeMessage(decoding: text) == message)
    }
  }

  @Test("The messages of the handshake, written and read")
  func messages() throws {
    let share = known.senderShareHex.hexBytes
    let messages: [(HandshakeMessage, String)] = [
      (
        .senderPake(protocolNumber: 2, share: share, kemKey: known.kemKeyHex.hexBytes), known.messages.senderPake
      ),
      (
        .receiverPake(
          protocolNumber: 2, share: known.receiverShareHex.hexBytes, kemCiphertext: known.kemCiphertextHex.hexBytes,
          confirmation: known.receiverConfirmationHex.hexBytes), known.messages.receiverPake
      ),
      (.confirm(known.senderConfirmationHex.hexBytes), known.messages.confirm),
      (.wrongCode, known.messages.wrongCode),
    ]
    for (message, text) in messages {
      #expect(message.encoded() == text)
      #expect(try HandshakeMessage(decoding: text) == message)
    }
    let hello = RendezvousMessage.hello(identifier: known.rendezvous, role: .sender, protocolNumber: 2)
    #expect(hello.encoded() == known.messages.hello)
    #expect(try RendezvousMessage(decoding: known.messages.hello) == hello)
  }
}
