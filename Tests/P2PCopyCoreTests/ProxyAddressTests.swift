import P2PCopyCore
import Testing

@Suite struct ProxyAddressTests {
  @Test("A host alone is an HTTP proxy at port 1080, as curl has it")
  func hostAlone() throws {
    let proxy = try ProxyAddress("proxy.example.org")
    #expect(proxy.kind == .http && proxy.host == "proxy.example.org" && proxy.port == 1080 && proxy.user == nil)
  }

  @Test("User and password are percent-encoded, and never shown")
  func credentials() throws {
    let proxy = try ProxyAddress("http://me%40lab:p%3A%2F%25@[2001:db8::1]:3128/")
    #expect(proxy.user == "me@lab" && proxy.password == "p:/%" && proxy.host == "2001:db8::1" && proxy.port == 3128)
    #expect("\(proxy)" == "http://[2001:db8::1]:3128")
    #expect(try ProxyAddress("http://me@h").password == "")
  }

  @Test("Both names of SOCKS 5", arguments: ["socks5", "socks5h", "SOCKS5"])
  func socks(scheme: String) throws {
    #expect(try ProxyAddress("\(scheme)://localhost:9050").kind == .socks5)
  }

  @Test(
    "What cannot be one is refused, and a password is not in the message",
    arguments: [
      "", "http://", "ftp://secret@h", "https://u:secret@h", "http://u:secret@h:0", "http://u:secret@h:x",
      "socks5://u:secret@h", "http://u:secret%zz@h", "http://u:secret%ff@h", "http://u:secret@::1",
    ])
  func malformed(text: String) {
    let error = #expect(throws: P2PCopyError.self) { try ProxyAddress(text) }
    #expect(error?.code == .usage && error?.message.contains("secret") == false)
  }
}
