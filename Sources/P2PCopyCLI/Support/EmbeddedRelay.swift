import Glibc
import Logging
package import P2PCopy
package import P2PCopyCore
import P2PCopyRelay

/// The relay inside a sender that was given none.
package enum EmbeddedRelay {
  /// Starts a relay, runs `body`, stops the relay.
  ///
  /// - Parameters:
  ///   - listen: `address[:port]`; loopback and a free port when missing.
  ///   - code: The code to use; a fresh one when missing.
  ///   - transferProtocol: The protocol, for the code and for what the other side types.
  ///   - body: Sends; gets the relay's address as seen from here, the code, and the lines that tell a person what to do
  ///     on the other side.
  /// - Throws: ``P2PCopyError`` when the relay cannot start, and what `body` throws.
  static func run(
    listen: String?, code: PairingCode?, transferProtocol: TransferProtocol,
    _ body: @Sendable (RelayAddress, PairingCode, [String]) async throws -> Void
  ) async throws {
    let (host, port) = try parse(listen ?? "127.0.0.1")
    var logger = Logger(label: "p2p-copy.relay")
    logger.logLevel = .error
    let relay: RelayServer
    do throws(RelayError) {
      relay = try await RelayServer.start(
        configuration: RelayConfiguration(host: host, port: port), logger: logger)
    } catch {
      throw P2PCopyError(.relayNotStarted, error.message, cause: error)
    }
    do {
      let generated = transferProtocol == .one ? GeneratedCode.make() : GeneratedChannelCode.make()
      let invitation = invitation(
        hosts: reachableHosts(host), port: relay.port, code: code == nil ? generated : nil,
        transferProtocol: transferProtocol)
      let localHost = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
      let shownHost = localHost.contains(":") ? "[\(localHost)]" : localHost
      try await body(RelayAddress("ws://\(shownHost):\(relay.port)"), code ?? PairingCode(generated), invitation)
    } catch {
      await relay.shutDown(drain: .seconds(1))
      throw error
    }
    await relay.shutDown(drain: .seconds(5))
  }

  /// What the other side types. The code is in the environment of that command, where `ps` does not show it.
  package static func invitation(
    hosts: [String], port: Int, code: String?, transferProtocol: TransferProtocol
  ) -> [String] {
    var lines = ["On the receiving side run:"]
    for (index, host) in hosts.enumerated() {
      if index > 0 { lines.append("or, if that address cannot be reached from there:") }
      let shownHost = host.contains(":") ? "[\(host)]" : host
      let options = transferProtocol == .one ? " --protocol 1 --encrypt" : ""
      let command = "p2p-copy receive --relay ws://\(shownHost):\(port)\(options)"
      lines.append("  " + (code.map { "P2P_COPY_CODE=\($0) \(command)" } ?? command))
    }
    if code == nil { lines.append("with the code you gave here") }
    return lines
  }

  /// Splits `address`, `address:port`, `[v6]:port` and `v6`.
  package static func parse(_ text: String) throws(P2PCopyError) -> (host: String, port: Int) {
    func refuse() -> P2PCopyError {
      P2PCopyError(
        .usage,
        "'\(DisplayText.escaped(text))' is not an address to listen on; give one such as 192.0.2.7 or 0.0.0.0:8765")
    }
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { throw refuse() }
      let host = String(text[text.index(after: text.startIndex)..<close])
      let rest = text[text.index(after: close)...]
      if rest.isEmpty { return (host, 0) }
      guard rest.first == ":", let port = UInt16(rest.dropFirst()) else { throw refuse() }
      return (host, Int(port))
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    switch parts.count {
    case 1 where !text.isEmpty: return (text, 0)
    case 2:
      guard !parts[0].isEmpty, let port = UInt16(parts[1]) else { throw refuse() }
      return (String(parts[0]), Int(port))
    case 3...: return (text, 0)
    default: throw refuse()
    }
  }

  /// The addresses under which the relay can be reached: for "every address", those of the machine's interfaces.
  private static func reachableHosts(_ host: String) -> [String] {
    guard host == "0.0.0.0" || host == "::" else { return [host] }
    let addresses = NetworkInterfaces.addresses(includingIPv6: host == "::")
    return addresses.isEmpty ? ["127.0.0.1"] : addresses
  }
}
