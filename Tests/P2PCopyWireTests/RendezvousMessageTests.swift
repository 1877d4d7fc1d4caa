import P2PCopyCore
import P2PCopyWire
import Testing

@Suite("Messages of the rendezvous")
struct RendezvousMessageTests {
  static let messages: [(RendezvousMessage, String)] = [
    (
      .hello(identifier: "ab01", role: .receiver, protocolNumber: nil),
      #"{"type":"hello","code_hash_hex":"ab01","role":"receiver"}"#
    ),
    (
      .hello(identifier: "ab01", role: .sender, protocolNumber: 2),
      #"{"type":"hello","code_hash_hex":"ab01","role":"sender","protocol":2}"#
    ),
    (.waiting, #"{"type":"waiting"}"#),
    (.ready, #"{"type":"ready"}"#),
    (.refused(code: "no-room", message: "later"), #"{"type":"error","code":"no-room","message":"later"}"#),
  ]

  @Test("Written as the Python tool and every relay know them, and read back", arguments: messages)
  func roundTrip(message: RendezvousMessage, text: String) throws {
    #expect(message.encoded() == text)
    #expect(try RendezvousMessage(decoding: text) == message)
  }

  @Test("Unknown fields are ignored, unknown types kept")
  func unknown() throws {
    #expect(try RendezvousMessage(decoding: #"{"type":"ready","protocol":2,"x":[{}]}"#) == .ready)
    #expect(try RendezvousMessage(decoding: #"{"type":"manifest"}"#) == .other(type: "manifest"))
  }

  @Test(
    "Malformed messages are refused, never a trap",
    arguments: [
      "", "{", "null", "[]", "{}", #"{"type":1}"#, #"{"type":"hello"}"#,
      #"{"type":"hello","code_hash_hex":"00","role":"both"}"#,
      #"{"type":"hello","code_hash_hex":"00","role":"sender","protocol":-1}"#,
      #"{"type":"error","code":1}"#, #"{"type":"ready","x":""# + String(repeating: "x", count: 16 << 10) + #""}"#,
    ])
  func malformed(text: String) {
    #expect {
      try RendezvousMessage(decoding: text)
    } throws: { error in
      (error as? P2PCopyError)?.code == .protocolViolation
    }
  }
}
