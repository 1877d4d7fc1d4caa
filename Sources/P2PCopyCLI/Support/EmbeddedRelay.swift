import Logging
import P2PCopy
import P2PCopyCore
import P2PCopyPlatform
import P2PCopyRelay

/// The relay inside a sender that was given none.
package enum EmbeddedRelay {
  /// Starts a relay, runs `body`, stops the relay.
  ///
  /// - Parameters:
  ///   - listen: `address[:port]`; loopback and a free port when missing.
  ///   - code: The code to use; a fresh one when missing.
  ///   - transferProtocol: The protocol, for the code and for what the other side types.
  ///   - body: Sends; gets the relay's address as seen from here, the code, and what a person has to type on the other side.
  /// - Throws: ``P2PCopyError`` when the relay cannot start, and what `body` throws.
  static func run(
    listen: String?, code: PairingCode?, transferProtocol: TransferProtocol,
    _ body: @Sendable (RelayAddress, PairingCode, Invitation) async throws -> Void
  ) async throws {
    let address = try ListenAddress(listen ?? "127.0.0.1")
    var logger = Logger(label: "p2p-copy.relay")
    logger.logLevel = .error
    let relay: RelayServer
    do throws(RelayError) {
      relay = try await RelayServer.start(
        configuration: RelayConfiguration(host: address.host, port: address.port), logger: logger)
    } catch {
      throw P2PCopyError(.relayNotStarted, error.message, cause: error)
    }
    do {
      let generated = GeneratedCode.make(for: transferProtocol)
      let invitation = Invitation(
        hosts: reachableHosts(address), port: relay.port, code: code == nil ? generated : nil,
        transferProtocol: transferProtocol)
      let localHost = address.localHost
      let shownHost = localHost.contains(":") ? "[\(localHost)]" : localHost
      try await body(RelayAddress("ws://\(shownHost):\(relay.port)"), code ?? PairingCode(generated), invitation)
    } catch {
      await relay.shutDown(drain: .seconds(1))
      throw error
    }
    await relay.shutDown(drain: .seconds(5))
  }

  /// The addresses under which the relay can be reached: for "every address", those of the machine's interfaces.
  private static func reachableHosts(_ address: ListenAddress) -> [String] {
    guard address.isEveryAddress else { return [address.host] }
    let addresses = NetworkInterfaces.addresses(includingIPv6: address.host.contains(":"))
    return addresses.isEmpty ? ["127.0.0.1"] : addresses
  }
}
