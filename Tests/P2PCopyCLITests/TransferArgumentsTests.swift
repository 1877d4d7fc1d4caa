import P2PCopy
import P2PCopyCLI
import P2PCopyCore
import Testing

@Suite("The arguments of a transfer")
struct TransferArgumentsTests {
  private static func plain(_ arguments: [LocalPath]) -> [PositionalArgument] { arguments.map { .plain($0) } }

  @Test("A URL as first argument is the relay, the code is second")
  func positional() throws {
    let given = try TransferArguments(
      arguments: Self.plain(["ws://h:1", "code", "a", "b"]), relay: .none, isCodeGiven: false, takesPaths: true)
    #expect(given.relays.map(\.description) == ["ws://h:1"])
    #expect(given.code != nil)
    #expect(given.paths == ["a", "b"])
  }

  @Test("With a code file everything behind the relay is a path")
  func codeFile() throws {
    let given = try TransferArguments(
      arguments: Self.plain(["ws://h:1", "a", "b"]), relay: .none, isCodeGiven: true, takesPaths: true)
    #expect(given.code == nil)
    #expect(given.paths == ["a", "b"])
  }

  @Test("With --relay every argument is a path")
  func relayOption() throws {
    let given = try TransferArguments(
      arguments: Self.plain(["a", "b"]), relay: .option(["wss://h"]), isCodeGiven: false, takesPaths: true)
    #expect(given.relays.map(\.port) == [443])
    #expect(given.paths == ["a", "b"])
  }

  @Test("Contradictions are usage errors")
  func contradictions() {
    #expect(throws: P2PCopyError.self) {
      try TransferArguments(
        arguments: Self.plain(["ws://h", "c", "a"]), relay: .option(["ws://h"]), isCodeGiven: false, takesPaths: true)
    }
    #expect(throws: P2PCopyError.self) {
      try TransferArguments(
        arguments: Self.plain(["ws://h", "c", "extra"]), relay: .none, isCodeGiven: false, takesPaths: false)
    }
    #expect(throws: P2PCopyError.self) {
      try TransferArguments(arguments: Self.plain(["://"]), relay: .none, isCodeGiven: false, takesPaths: true)
    }
  }

  @Test(
    "Addresses to listen on",
    arguments: [
      ("127.0.0.1", "127.0.0.1", 0), ("0.0.0.0:8765", "0.0.0.0", 8765), ("[::1]:1", "::1", 1), ("[::]", "::", 0),
      ("::1", "::1", 0), ("host.example:65535", "host.example", 65535), ("[::1]", "::1", 0), ("::", "::", 0),
      ("[::]:8765", "::", 8765), ("0.0.0.0", "0.0.0.0", 0), ("0:0:0:0:0:0:0:0", "::", 0), ("[0::0]:7", "::", 7),
      ("fe80::1%eth0", "fe80::1%eth0", 0), ("[fe80:0::1%eth0]:7", "fe80::1%eth0", 7), ("localhost", "localhost", 0),
    ])
  func listenAddress(text: String, host: String, port: Int) throws {
    let parsed = try ListenAddress(text)
    #expect(parsed.host == host)
    #expect(parsed.port == port)
    #expect(parsed.isEveryAddress == ["0.0.0.0", "::"].contains(host))
    #expect(parsed.localHost == (host == "::" ? "::1" : host == "0.0.0.0" ? "127.0.0.1" : host))
  }

  @Test(
    "No addresses to listen on",
    arguments: ["", ":1", "h:", "h:x", "h:65536", "[::1", "[::1]x", "h:-1", "h:+1", "[]", "[]:1", "a:b:c"])
  func badListenAddress(text: String) {
    #expect(throws: P2PCopyError.self) { try ListenAddress(text) }
  }

  @Test("The invitation has the exact command, the code not among its arguments")
  func invitation() {
    for (version, options) in [(TransferProtocol.two, ""), (.one, " --protocol 1 --encrypt")] {
      let lines = Invitation(
        hosts: ["192.0.2.7", "2001:db8::1"], port: 4, code: "a-b", transferProtocol: version
      ).lines
      #expect(lines.contains("  P2P_COPY_CODE=a-b p2p-copy receive --relay ws://192.0.2.7:4\(options)"))
      #expect(lines.contains("  P2P_COPY_CODE=a-b p2p-copy receive --relay ws://[2001:db8::1]:4\(options)"))
    }
  }
}
