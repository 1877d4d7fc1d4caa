import P2PCopyCore
import P2PCopyProtocol1
import TestSupport
import Testing

/// The keys of everything in JSON that comes from a peer in protocol 1.
@Suite("Keys of messages of protocol 1")
struct KeyTests {
  static let messages: [RecodedMessage] = {
    let control: [ControlMessage] = [
      .manifest(entries: [ManifestEntry(path: Array("x".utf8), byteCount: 5)], resume: true),
      .encryptedManifest(startNonce: [1], sealed: [2]),
      .receiverManifest([ReceivedPart(path: Array("x".utf8), byteCount: 5, chain: [1])]),
      .encryptedReceiverManifest(sealed: [1]),
      .file(FileHeader(path: Array("x".utf8), byteCount: 5, compression: "zstd", appendFrom: 3)),
      .encryptedFile(sealed: [1]),
    ]
    return control.map { message in
      RecodedMessage(message.encoded()) { try ControlMessage(decoding: $0).encoded() }
    }
  }()

  @Test("Another spelling of a key is another key", arguments: messages)
  func spelling(message: RecodedMessage) throws {
    #expect(try message.recode(message.text) == message.text)
    for (inPlace, beside) in message.respelled() {
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
