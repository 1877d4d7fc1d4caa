import P2PCopyCore
import Testing

@Suite("Relay addresses")
struct RelayAddressTests {
  @Test(
    "Parsed",
    arguments: [
      ("wss://relay.example.org", "wss", "relay.example.org", 443, "/"),
      ("ws://localhost:8765", "ws", "localhost", 8765, "/"),
      ("WSS://Relay:1/a/b?c=d#e", "wss", "Relay", 1, "/a/b?c=d"),
      ("ws://[::1]:8765/x", "ws", "::1", 8765, "/x"),
      ("ws://[fe80::1]", "ws", "fe80::1", 80, "/"),
      ("ws://h?x", "ws", "h", 80, "/?x"),
    ])
  func parsed(text: String, scheme: String, host: String, port: Int, target: String) throws {
    let address = try RelayAddress(text)
    #expect(address.scheme == scheme)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.target == target)
  }

  @Test(
    "An endpoint keeps all of it, and shows no more than the address does",
    arguments: ["ws://h", "wss://h/path?x=1", "ws://[::1]:8765", "memory://relay"])
  func endpoint(text: String) throws {
    let address = try RelayAddress(text)
    #expect(address.endpoint.scheme == address.scheme)
    #expect(try RelayAddress(address.endpoint) == address)
    let told = address.appendingQuery("rendezvous", "secret")
    #expect(told.endpoint.address.hasSuffix("rendezvous=secret"))
    #expect(told.endpoint.description == address.description)
    #expect(try RelayAddress(told.endpoint) == told)
  }

  @Test(
    "Refused with a usage error",
    arguments: [
      "", "relay", "://x", "ws://", "ws://:80", "ws://h:0", "ws://h:65536", "ws://h:x", "ws://h:+1", "ws://u@h",
      "ws://[::1", "ws://[::1]x", "ws://a b", "ws://h/a b", "w s://h", "ws://h:1:2", "ws://ü", "ws://::1:8765",
      "ws://::",
    ])
  func refused(text: String) {
    #expect {
      try RelayAddress(text)
    } throws: { error in
      (error as? P2PCopyError)?.code == .usage
    }
  }
}
