import NIOCore
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("Listening", .timeLimit(.minutes(2)))
struct ListeningTests {
  @Test("localhost is the loopback addresses and no others")
  func loopbackOnly() async throws {
    try await RelayServer.run(host: "localhost") { relay in
      #expect(relay.port > 0)
      #expect(
        relay.addresses == ["127.0.0.1:\(relay.port)"]
          || relay.addresses == ["127.0.0.1:\(relay.port)", "[::1]:\(relay.port)"])
      if relay.addresses.count == 2 { _ = try await WebSocketPeer.dial(port: relay.port, host: "::1") }
      let others = try System.enumerateDevices().compactMap(\.address?.ipAddress).filter {
        !$0.hasPrefix("127.") && $0 != "::1" && !$0.hasPrefix("fe80")
      }
      for host in others {
        await #expect(throws: (any Error).self) { try await WebSocketPeer.dial(port: relay.port, host: host) }
      }
    }
  }

  @Test("An IPv6 address is the same with brackets and without", arguments: ["::1", "[::1]"])
  func brackets(host: String) async throws {
    try await RelayServer.run(host: host) { relay in
      #expect(relay.addresses == ["[::1]:\(relay.port)"])
    }
  }

  @Test("A port in use is named, with what to do", arguments: ["localhost", "127.0.0.1"])
  func inUse(host: String) async throws {
    try await RelayServer.run { first in
      let error = await #expect(throws: RelayError.self) {
        try await RelayServer.start(configuration: RelayConfiguration(host: host, port: first.port), logger: .silent)
      }
      #expect(error?.code == .addressInUse)
      #expect(
        error?.message
          == "cannot listen on 127.0.0.1:\(first.port): the port is in use; stop the program that uses it or choose "
          + "another port")
    }
  }

  @Test("An address of another machine, or none at all")
  func elsewhere() async {
    // The second one cannot be a name, so that no name server has to be asked.
    for host in ["192.0.2.1", String(repeating: "x", count: 64)] {
      let error = await #expect(throws: RelayError.self) {
        try await RelayServer.start(configuration: RelayConfiguration(host: host), logger: .silent)
      }
      #expect(error?.code == .addressUnavailable)
      #expect(error?.message.contains(host) == true)
    }
  }

  @Test("A configuration that cannot work is refused")
  func invalid() async {
    var limits = RelayLimits()
    limits.helloTimeout = .zero
    let configurations = [
      RelayConfiguration(host: ""), RelayConfiguration(host: "[]"), RelayConfiguration(port: 65536),
      RelayConfiguration(port: -1),
      RelayConfiguration(limits: limits),
    ]
    for configuration in configurations {
      let error = await #expect(throws: RelayError.self) {
        try await RelayServer.start(configuration: configuration, logger: .silent)
      }
      #expect(error?.code == .invalidConfiguration)
    }
  }
}
