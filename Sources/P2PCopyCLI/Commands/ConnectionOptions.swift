import ArgumentParser
import P2PCopyCore

/// What `send` and `receive` have in common.
struct ConnectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The relay, such as wss://relay.example.org; otherwise P2P_COPY_RELAY.", valueName: "url"))
  var relay: String?

  @Option(
    help: ArgumentHelp(
      "Read the code from the first line of a file ('-' for standard input); otherwise P2P_COPY_CODE, otherwise a prompt.",
      valueName: "file"))
  var codeFile: String?

  @Flag(inversion: .prefixedNo, help: "Encrypt end to end. Both sides must say the same.")
  var encrypt = false

  @Option(
    help: ArgumentHelp("How long to wait for the other side, in seconds.", valueName: "seconds"))
  var wait = 600

  @Option(
    help: ArgumentHelp(
      "Trust the certificate authorities in this PEM file instead of the system's (also: SSL_CERT_FILE).",
      valueName: "file"))
  var caFile: String?

  @Flag(help: "Print errors only.")
  var quiet = false

  func validate() throws {
    guard (1...86_400 * 30).contains(wait) else {
      throw ValidationError("--wait takes a number of seconds from 1 to \(86_400 * 30)")
    }
  }

  var transportOptions: TransportOptions {
    var options = TransportOptions()
    options.trustRootsFile = caFile
    return options
  }
}
