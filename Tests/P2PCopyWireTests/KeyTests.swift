import P2PCopyCore
import P2PCopyWire
import TestSupport
import Testing

/// The keys of everything in JSON that comes from a peer in protocol 2.
@Suite("Keys of messages of protocol 2")
struct KeyTests {
  private static let totals: SessionTotals = {
    var totals = SessionTotals()
    totals.addFile(byteCount: 5)
    return totals
  }()

  private static let digest = [UInt8](repeating: 0xAB, count: 32)

  static let messages: [RecodedMessage] = {
    let codecs = CodecOffer(
      ciphers: [CodecOffer.Entry(name: "aes-256-gcm")],
      compressors: [CodecOffer.Entry(name: "zstd", parameters: ["level": 3])],
      digests: [CodecOffer.Entry(name: "xxh128")])
    let session: [SessionMessage] = [
      .manifest(SessionOffer(codecs: codecs, chunkByteCounts: [1 << 20], connectionCount: 4, wantsResume: true)),
      .receiverManifest(
        SessionSelection(
          codecs: CodecSelection(cipher: "aes-256-gcm", compressor: "zstd", digest: "xxh128"), chunkByteCount: 1 << 20,
          connectionCount: 4)),
      .manifestEnd(totals, failureCount: 3), .end(totals, treeDigest: digest, failureCount: 3),
      .receipt(totals, treeDigest: digest, failureCount: 3), .error(code: .checksumMismatch, message: "so"),
    ]
    let handshake: [HandshakeMessage] = [
      .refused(code: "full", message: "no"), .senderPake(protocolNumber: 2, share: [1], kemKey: [2]),
      .receiverPake(protocolNumber: 2, share: [1], kemCiphertext: [2], confirmation: [3]), .confirm([3]),
    ]
    return session.map { message in
      RecodedMessage(String(decoding: message.encoded(), as: UTF8.self)) {
        String(decoding: try SessionMessage(decoding: $0.utf8).encoded(), as: UTF8.self)
      }
    }
      + handshake.map { message in
        RecodedMessage(message.encoded()) { try HandshakeMessage(decoding: $0).encoded() }
      }
  }()

  /// Parameters of codecs are for people: any name will do.
  private static let free: Set<String> = ["level"]

  @Test("Another spelling of a key is another key", arguments: messages)
  func spelling(message: RecodedMessage) throws {
    #expect(try message.recode(message.text) == message.text)
    for (inPlace, beside) in message.respelled(except: Self.free) {
      #expect((try? message.recode(inPlace)) != message.text, "\(inPlace)")
      // Beside the right one it says nothing.
      #expect(try message.recode(beside) == message.text, "\(beside)")
    }
  }

  @Test("A key that is there twice is refused, with equal values, too", arguments: messages)
  func duplicates(message: RecodedMessage) {
    for changed in message.repeated {
      #expect { try message.recode(changed) } throws: { ($0 as? P2PCopyError)?.code == .protocolViolation }
    }
  }
}
