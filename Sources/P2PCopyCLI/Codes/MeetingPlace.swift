import Glibc
package import P2PCopyCore

/// Where two peers meet, as the command line gives it: relay and code, each if it is given, and the paths to send.
package struct MeetingPlace {
  package var relay: RelayAddress?
  package var code: PairingCode?
  package var paths: [LocalPath]

  /// Tells the two forms of the command line apart: a URL as the first argument is the relay, and then the code is the
  /// second, unless a file has it.
  ///
  /// - Parameters:
  ///   - arguments: The positional arguments.
  ///   - relay: The value of `--relay`.
  ///   - codeFile: The value of `--code-file`.
  ///   - takesPaths: Whether what is left are paths.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(arguments: [LocalPath], relay: String?, codeFile: LocalPath?, takesPaths: Bool) throws(P2PCopyError) {
    var rest = arguments[...]
    if let first = rest.first, first.bytes.contains("://".utf8) {
      guard relay == nil else {
        throw P2PCopyError(.usage, "the relay is given twice, as an argument and with --relay: leave out one")
      }
      self.relay = try RelayAddress(String(decoding: first.bytes, as: UTF8.self))
      rest = rest.dropFirst()
      if codeFile == nil, let code = rest.first {
        self.code = try PairingCode(SecretBytes(copying: code.bytes.span.bytes))
        rest = rest.dropFirst()
      }
    } else if let address = relay ?? Environment.value("P2P_COPY_RELAY") {
      self.relay = try RelayAddress(address)
    }
    guard takesPaths || rest.isEmpty else {
      throw P2PCopyError(
        .usage,
        "unexpected argument '\(rest[rest.startIndex])': give a relay URL and a code, or neither"
          + " (p2p-copy receive --help)")
    }
    paths = Array(rest)
  }
}
