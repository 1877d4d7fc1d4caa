import P2PCopyCore
import P2PCopyProtocol1
import P2PCopyWire
import Testing

/// The keys of everything in JSON that comes from a peer, in both protocols.
@Suite("Keys of messages")
struct KeyTests {
  /// A message with every value other than what is assumed when it is missing, and a decoder that writes it again.
  struct Format: Sendable, CustomTestStringConvertible {
    var text: String
    var recode: @Sendable (String) throws -> String

    var testDescription: String { text }
  }

  private static let totals: SessionTotals = {
    var totals = SessionTotals()
    totals.addFile(byteCount: 5)
    return totals
  }()

  private static let digest = [UInt8](repeating: 0xAB, count: 32)

  static let formats: [Format] = {
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
    let control: [ControlMessage] = [
      .manifest(entries: [ManifestEntry(path: Array("x".utf8), byteCount: 5)], resume: true),
      .encryptedManifest(startNonce: [1], sealed: [2]),
      .receiverManifest([ReceivedPart(path: Array("x".utf8), byteCount: 5, chain: [1])]),
      .encryptedReceiverManifest(sealed: [1]),
      .file(FileHeader(path: Array("x".utf8), byteCount: 5, compression: "zstd", appendFrom: 3)),
      .encryptedFile(sealed: [1]),
    ]
    return session.map { message in
      Format(text: String(decoding: message.encoded(), as: UTF8.self)) {
        String(decoding: try SessionMessage(decoding: $0.utf8).encoded(), as: UTF8.self)
      }
    }
      + handshake.map { message in
        Format(text: message.encoded()) { try HandshakeMessage(decoding: $0).encoded() }
      }
      + control.map { message in
        Format(text: message.encoded()) { try ControlMessage(decoding: $0).encoded() }
      }
  }()

  /// The keys in a message, those inside it included.
  private func keys(_ text: String) -> [String] {
    text.matches(of: /"([a-z_]+)":/).map { String($0.output.1) }
  }

  private func capitalized(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

  private func camelCase(_ key: String) -> String {
    let words = key.split(separator: "_")
    return String(words[0]) + words.dropFirst().map { capitalized(String($0)) }.joined()
  }

  @Test("Another spelling of a key is another key", arguments: formats)
  func spelling(format: Format) throws {
    #expect(try format.recode(format.text) == format.text)
    for key in keys(format.text) {
      for other in [key.uppercased(), capitalized(key), camelCase(key), "_" + key, key + "_"] where other != key {
        let changed = format.text.replacing("\"\(key)\":", with: "\"\(other)\":")
        // Parameters of codecs are for people: any name will do.
        guard key != "level" else { continue }
        #expect((try? format.recode(changed)) != format.text, "\(changed)")
        // Beside the right one it says nothing.
        let added = format.text.replacing("{", with: "{\"\(other)\":[7],", maxReplacements: 1)
        #expect(try format.recode(added) == format.text, "\(added)")
      }
    }
  }

  @Test("A key that is there twice is refused, with equal values, too", arguments: formats)
  func duplicates(format: Format) {
    for match in format.text.matches(of: /"[a-z_]+":(?:"[^"]*"|[0-9]+|true)/) {
      let changed = format.text.replacing(match.output, with: "\(match.output),\(match.output)", maxReplacements: 1)
      #expect { try format.recode(changed) } throws: { ($0 as? P2PCopyError)?.code == .protocolViolation }
    }
  }
}
