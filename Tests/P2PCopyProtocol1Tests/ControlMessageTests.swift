import P2PCopyCore
import P2PCopyProtocol1
import Testing

@Suite("Control messages")
struct ControlMessageTests {
  static let messages: [(ControlMessage, String)] = [
    (
      .manifest(
        entries: [
          ManifestEntry(path: Array("dir/a \"b\" ü\n".utf8), byteCount: 11),
          ManifestEntry(path: Array("b.bin".utf8), byteCount: 0),
        ], resume: true),
      #"{"type":"manifest","resume":true,"entries":[{"path":"dir/a \"b\" ü\n","size":11},{"path":"b.bin","size":0}]}"#
    ),
    (.manifest(entries: [], resume: false), #"{"type":"manifest","resume":false,"entries":[]}"#),
    (
      .encryptedManifest(startNonce: [1, 2], sealed: [255]),
      #"{"type":"enc_manifest","nonce":"0102","hidden_manifest":"ff"}"#
    ),
    (
      .receiverManifest([ReceivedPart(path: Array("x".utf8), byteCount: 5, chain: [0x2C])]),
      #"{"type":"receiver_manifest","entries":[{"path":"x","size":5,"chain_hex":"2c"}]}"#
    ),
    (
      .encryptedReceiverManifest(sealed: [0]),
      #"{"type":"enc_receiver_manifest","hidden_manifest":"00"}"#
    ),
    (
      .file(FileHeader(path: Array("dir/a.txt".utf8), byteCount: 11, compression: "none", appendFrom: 5)),
      #"{"type":"file","path":"dir/a.txt","size":11,"compression":"none","append_from":5}"#
    ),
    (.encryptedFile(sealed: [1]), #"{"type":"enc_file","hidden_file":"01"}"#),
    (.fileEnd, #"{"type":"file_eof"}"#),
    (.end, #"{"type":"eof"}"#),
  ]

  @Test("Written as the Python tool writes it, and read back", arguments: messages)
  func roundTrip(message: ControlMessage, text: String) throws {
    #expect(message.encoded() == text)
    #expect(try ControlMessage(decoding: text) == message)
  }

  @Test("Control characters are escaped as Python's json does")
  func controlCharacters() {
    let path = Array((0..<0x20).map { UInt8($0) })
    let text = ControlMessage.manifest(entries: [ManifestEntry(path: path, byteCount: 1)], resume: false).encoded()
    #expect(text.contains(#"\u0000\u0001"#))
    #expect(text.contains(#"\b\t\n\u000b\f\r\u000e"#))
    #expect(text.contains(#"\u001f"#))
  }

  @Test("Unknown fields and types are ignored")
  func unknown() throws {
    #expect(try ControlMessage(decoding: #"{"type":"eof","protocol":2,"x":[{}]}"#) == .end)
    #expect(try ControlMessage(decoding: #"{"type":"waiting"}"#) == .unknown(type: "waiting"))
  }

  @Test(
    "Malformed messages are refused, never a trap",
    arguments: [
      "", "{", "null", "[]", "1", "\"x\"", "{}", #"{"type":1}"#, #"{"type":null}"#,
      #"{"type":"manifest","entries":[{"path":"x"}]}"#, #"{"type":"manifest","entries":[{"path":1,"size":1}]}"#,
      #"{"type":"manifest","entries":[{"path":"x","size":-1}]}"#,
      #"{"type":"manifest","entries":[{"path":"x","size":1e400}]}"#,
      #"{"type":"manifest","entries":[{"path":"x","size":9223372036854775808}]}"#,
      #"{"type":"manifest","entries":[{"path":"\ud800","size":1}]}"#,
      #"{"type":"file","path":"x","size":1,"append_from":2}"#,
      #"{"type":"file","path":"x","size":1,"append_from":-1}"#,
      #"{"type":"file","path":"x","size":-1}"#, #"{"type":"file","size":1}"#,
      #"{"type":"file","path":"x","size":1,"compression":"Z STD"}"#,
      #"{"type":"enc_manifest","nonce":"0","hidden_manifest":"00"}"#, #"{"type":"enc_manifest","nonce":"zz"}"#,
      #"{"type":"receiver_manifest","entries":[{"path":"x","size":1,"chain_hex":"xyz"}]}"#,
    ])
  func malformed(text: String) {
    #expect {
      try ControlMessage(decoding: text)
    } throws: { error in
      (error as? P2PCopyError)?.code == .protocolViolation
    }
  }

  @Test("Nesting without end is refused")
  func deepNesting() {
    let brackets = String(repeating: "[", count: 1 << 20)
    #expect(throws: P2PCopyError.self) { try ControlMessage(decoding: brackets) }
    #expect(throws: P2PCopyError.self) { try ControlMessage(decoding: #"{"type":"eof","x":"# + brackets) }
  }
}
