import ArgumentParser
import Logging
import P2PCopyCore
import P2PCopyPlatform
import P2PCopyRelay

struct RunRelayServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run-relay-server",
    abstract: "Run a relay: it pairs senders and receivers and passes on what they send, storing nothing.",
    discussion: """
      TLS is on unless --no-tls is given. 'localhost' listens on loopback only, '0.0.0.0' and '::' on every address. \
      SIGTERM and SIGINT end it: nobody new is let in, running transfers may finish within --drain seconds; a second \
      signal ends it at once. docs/relay.md has a service file and the limits.

      EXAMPLES
        p2p-copy run-relay-server localhost 8765 --no-tls
        p2p-copy run-relay-server 0.0.0.0 443 --certfile cert.pem --keyfile key.pem
      """)

  @Argument(help: "The address to listen on.")
  var host: String

  @Argument(help: "The port to listen on; 0 for a free one, which is logged.")
  var port: Int

  @Flag(inversion: .prefixedNo, help: "Speak TLS (wss).")
  var tls = true

  @Option(help: ArgumentHelp("The certificate with its chain (PEM).", valueName: "file"))
  var certfile: LocalPath?

  @Option(help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file"))
  var keyfile: LocalPath?

  @Option(help: ArgumentHelp("How long running transfers may go on after SIGTERM or SIGINT.", valueName: "seconds"))
  var drain = 30

  @Option(
    help: ArgumentHelp(
      "How many connections one address may have; 0 for no such limit. Behind a proxy all have the proxy's address.",
      valueName: "count"))
  var maxConnectionsPerAddress = RelayLimits().maximumConnectionsPerAddress ?? 0

  @Option(help: ArgumentHelp("How long a peer may wait for the other one.", valueName: "seconds"))
  var maxWait = Int(RelayLimits().maximumWait.components.seconds)

  @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
  var logLevel = Logger.Level.info

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var configuration = RelayConfiguration(host: ArgumentText.text(host), port: port)
    configuration.tls = try tlsFiles()
    guard (0...86_400).contains(drain) else {
      throw P2PCopyError(.usage, "--drain takes a number of seconds from 0 to 86400")
    }
    guard maxConnectionsPerAddress >= 0 else {
      throw P2PCopyError(.usage, "--max-connections-per-address takes a number from 1, or 0 for no such limit")
    }
    guard (1...86_400 * 30).contains(maxWait) else {
      throw P2PCopyError(.usage, "--max-wait takes a number of seconds from 1 to \(86_400 * 30)")
    }
    configuration.limits.maximumConnectionsPerAddress = maxConnectionsPerAddress == 0 ? nil : maxConnectionsPerAddress
    configuration.limits.maximumWait = .seconds(maxWait)
    var logger = Logger(label: "p2p-copy.relay") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logLevel
    let server: RelayServer
    do throws(RelayError) {
      server = try await RelayServer.start(configuration: configuration, logger: logger)
    } catch {
      let code: P2PCopyError.Code = error.code == .invalidConfiguration ? .usage : .relayNotStarted
      throw P2PCopyError(code, error.message, cause: error)
    }
    let scheme = tls ? "wss" : "ws"
    try await RelayLifetime.run(server, drain: .seconds(drain)) {
      do throws(OutputFailure) {
        for address in server.addresses {
          let shown = "\(scheme)://\(address)"
          try output.output("Relay listening on \(shown)", as: CommandLines.listening(shown))
        }
      } catch {
        // Started without a standard output, or its reader has seen enough: the relay is there all the same.
        guard error.isNobodyThere else { throw error }
      }
    }
  }

  private func tlsFiles() throws(P2PCopyError) -> RelayTLSFiles? {
    guard tls else {
      guard certfile == nil, keyfile == nil else {
        throw P2PCopyError(.usage, "--certfile and --keyfile are for TLS, and --no-tls is given: leave out one")
      }
      return nil
    }
    guard let certfile, let keyfile else {
      throw P2PCopyError(.usage, "TLS is on unless --no-tls is given: give --certfile and --keyfile (PEM), or --no-tls")
    }
    return RelayTLSFiles(certificateFile: certfile.filePath, privateKeyFile: keyfile.filePath)
  }
}
