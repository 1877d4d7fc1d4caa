import ArgumentParser

struct RootCommand: AsyncParsableCommand {
  // Computed: the codecs of this run say which libraries they stand on.
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "p2p-copy",
      abstract: "Copies files between two machines that can both only dial out.",
      discussion: """
        Both sides connect to a relay over WebSocket, are paired by a code they share, and everything else is between \
        them. Files arrive complete or not at all; what breaks off can be resumed.

        EXAMPLES
          p2p-copy send results/                          # the shortest way: prints what the other side types
          p2p-copy run-relay-server 0.0.0.0 443 --certfile cert.pem --keyfile key.pem
          p2p-copy send wss://relay.example.org 482137-lusab-babad results/
          p2p-copy receive wss://relay.example.org 482137-lusab-babad --out downloads

        The exit status is 0 only when every file arrived; docs/usage.md lists the others.
        """,
      version: PackageVersion.full(for: CommandLineTool.codecs),
      subcommands: [
        SendCommand.self, ReceiveCommand.self, VerifyCommand.self, StatusCommand.self, CleanCommand.self,
        CodeCommand.self, RunRelayServerCommand.self, CodecsCommand.self, ConfigCommand.self,
      ])
  }
}
