import P2PCopyCore
import Testing
import WebSocketTransport

/// Which proxy the environment names. Expectations are curl's.
@Suite struct ProxyEnvironmentTests {
  private func proxy(for relay: String, _ variables: [String: String]) throws -> String? {
    try ProxyEnvironment { variables[$0] }.proxy(for: RelayAddress(relay)).map { "\($0)" }
  }

  @Test("The scheme says which variable")
  func schemes() throws {
    let variables = ["http_proxy": "http://plain:1", "https_proxy": "http://secure:2", "all_proxy": "socks5://any:3"]
    #expect(try proxy(for: "ws://relay", variables) == "http://plain:1")
    #expect(try proxy(for: "wss://relay", variables) == "http://secure:2")
    #expect(try proxy(for: "wss://relay", ["all_proxy": "socks5://any:3"]) == "socks5://any:3")
    #expect(try proxy(for: "wss://relay", [:]) == nil)
  }

  @Test("In capital letters all but http_proxy count, the small ones first")
  func capitals() throws {
    #expect(try proxy(for: "ws://relay", ["HTTP_PROXY": "http://evil:1"]) == nil)
    #expect(try proxy(for: "wss://relay", ["HTTPS_PROXY": "http://a:1"]) == "http://a:1")
    #expect(try proxy(for: "ws://relay", ["ALL_PROXY": "http://a:1"]) == "http://a:1")
    #expect(try proxy(for: "wss://relay", ["HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:1"]) == "http://b:1")
    #expect(try proxy(for: "wss://relay", ["https_proxy": "", "HTTPS_PROXY": "http://a:1"]) == "http://a:1")
  }

  static let exceptions: [(list: String, host: String, isExcepted: Bool)] = [
    ("*", "relay.example.org", true),
    ("example.org", "relay.example.org", true),
    (".example.org", "relay.example.org", true),
    ("example.org", "example.org", true),
    (".example.org", "example.org", true),
    ("example.org", "notexample.org", false),
    ("EXAMPLE.org", "relay.Example.ORG", true),
    ("a.b, relay.example.org", "relay.example.org.", true),
    ("a.b relay.example.org", "relay.example.org", true),
    ("10.0.0.0/8", "10.200.3.4", true),
    ("10.0.0.0/8", "11.0.0.1", false),
    ("10.0.0.0/9", "10.200.3.4", false),
    ("10.1.2.3", "10.1.2.3", true),
    ("10.1.2.3", "10.1.2.30", false),
    ("fd00::/8", "[fd12::1]", true),
    ("[fd12::1]", "[fd12::1]", true),
    ("fd00::/8", "[fe80::1]", false),
    ("0.0.0.0/0", "8.8.8.8", true),
    ("10.0.0.0/33", "10.0.0.1", false),
    ("", "relay.example.org", false),
    (",", "relay.example.org", false),
  ]

  @Test("Exceptions", arguments: exceptions)
  func exception(list: String, host: String, isExcepted: Bool) throws {
    for name in ["no_proxy", "NO_PROXY"] {
      let found = try proxy(for: "ws://\(host)", ["http_proxy": "http://p:1", name: list])
      #expect((found == nil) == isExcepted, "\(list) \(host)")
    }
  }

  @Test("A variable that has no proxy is named")
  func malformed() {
    let error = #expect(throws: P2PCopyError.self) {
      try proxy(for: "ws://relay", ["all_proxy": "gopher://u:secret@h"])
    }
    #expect(error?.code == .usage && error?.message.hasPrefix("all_proxy: ") == true)
    #expect(error?.message.contains("secret") == false && error?.remedy == .changeProxy)
  }
}

/// `.netrc`.
@Suite struct NetworkCredentialsTests {
  static let me = NetworkCredentials(user: "me", password: "a#b")

  static let texts: [(text: String, found: NetworkCredentials?)] = [
    ("machine proxy login me password a#b", me),
    ("# machine proxy login x password y\nmachine\nPROXY\n\tlogin me\n password a#b\n", me),
    ("machine other login x password y\nmachine proxy login me password a#b\nmachine third login z password z", me),
    ("machine other login x password y default login me password a#b", me),
    ("machine proxy password a#b account z login me", me),
    ("machine other login me password a#b", nil),
    ("machine proxy login me", nil),
    ("machine proxy", nil),
    ("machine", nil),
    ("macdef init\nmachine proxy login me password a#b", nil),
    ("", nil),
  ]

  @Test("What is found for a host", arguments: texts)
  func find(text: String, found: NetworkCredentials?) {
    #expect(NetworkCredentials.find(for: "proxy", in: text) == found)
  }
}
