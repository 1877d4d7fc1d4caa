package import P2PCopyCore
import P2PCopyPlatform

/// What the positional arguments of a transfer say: relays and code, each if it is given, and the paths to send.
package struct TransferArguments {
  /// Where to look for the other side; empty when nothing says so.
  package var relays: [RelayAddress] = []
  package var code: PairingCode?
  package var paths: [LocalPath]

  /// Tells the two forms of the command line apart: a URL as the first argument is the relay, and then the code is the
  /// second, unless a file or the environment has it. No message names what may be a code.
  ///
  /// - Parameters:
  ///   - arguments: The positional arguments.
  ///   - relay: The values of `--relay`, otherwise what is configured.
  ///   - isCodeGiven: Whether `--code-file` or `P2P_COPY_CODE` has the code.
  ///   - takesPaths: Whether what is left are paths, as for a sender.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package init(
    arguments: [PositionalArgument], relay: RelayOption, isCodeGiven: Bool, takesPaths: Bool
  ) throws(P2PCopyError) {
    paths = []
    var rest = arguments[...]
    if case .plain(let first)? = rest.first, first.bytes.contains("://".utf8) {
      if case .option = relay {
        throw P2PCopyError(.usage, "the relay is given twice, as an argument and with --relay: leave out one")
      }
      relays = [try RelayAddress(String(decoding: first.bytes, as: UTF8.self))]
      rest = rest.dropFirst()
      if !isCodeGiven, let second = rest.first {
        code = try Self.code(second, takesPaths: takesPaths)
        rest = rest.dropFirst()
      }
    } else {
      if case .plain(let first)? = rest.first { try Self.checkScheme(first) }
      for text in relay.texts { relays.append(try RelayAddress(text)) }
    }
    guard takesPaths || rest.isEmpty else { throw Self.tooMany(self, isCodeGiven: isCodeGiven) }
    for (index, argument) in rest.enumerated() {
      paths.append(try Self.path(argument, isFirst: index == 0, !relays.isEmpty))
    }
  }

  /// The code behind the relay. What is a file or directory here is none: most likely the code was forgotten.
  private static func code(_ argument: PositionalArgument, takesPaths: Bool) throws(P2PCopyError) -> PairingCode {
    switch argument {
    case .concealed(let code): return try code.pairingCode()
    case .plain(let path):
      guard path.namesSomething else { return try PairingCode(SecretBytes(copying: path.bytes.span.bytes)) }
      let remedy =
        takesPaths
        ? "give the code behind the relay, or with --code-file or P2P_COPY_CODE, and then what to send"
        : "give the code behind the relay, or with --code-file or P2P_COPY_CODE, and the output directory with --out"
      throw P2PCopyError(
        .usage, "'\(path)' is a file or directory here, and the code is expected there: \(remedy)")
    }
  }

  /// Points at the scheme that is missing in `localhost:8765`.
  private static func checkScheme(_ first: LocalPath) throws(P2PCopyError) {
    guard RelayForm.isHostAndPort(first.bytes), !first.namesSomething else { return }
    throw P2PCopyError(
      .usage,
      "'\(first)' is no file or directory here; if it is the relay, its scheme is missing: write ws://\(first), or"
        + " wss://\(first) for one with TLS")
  }

  /// A path to send.
  private static func path(
    _ argument: PositionalArgument, isFirst: Bool, _ hasRelay: Bool
  ) throws(P2PCopyError) -> LocalPath {
    switch argument {
    case .plain(let path):
      guard path.bytes.contains("://".utf8), !path.namesSomething else { return path }
      throw P2PCopyError(
        .usage, "'\(path)' is no file or directory here; a relay is the first argument, and the code the second")
    case .concealed(let code):
      if code.namesSomething { return code.path }
      let which = isFirst ? "the first path" : "one of the paths"
      throw P2PCopyError(
        .usage,
        "\(which) is no file or directory here and may be a code, so it is not shown: "
          + (hasRelay
            ? "next to --relay or P2P_COPY_RELAY the code comes from --code-file, P2P_COPY_CODE or the prompt"
            : "the code stands behind the relay, as in 'p2p-copy send wss://relay.example.org CODE PATH'")
          + "; nothing was sent")
    }
  }

  /// The error for what a receiver does not take. It is not shown: it may be the code.
  private static func tooMany(_ given: TransferArguments, isCodeGiven: Bool) -> P2PCopyError {
    let what =
      if given.code != nil {
        "there is an argument behind the code: give the output directory with --out DIR"
      } else if isCodeGiven {
        "--code-file or P2P_COPY_CODE has the code, and there is an argument besides: leave out one of them, and give the"
          + " output directory with --out DIR"
      } else if !given.relays.isEmpty {
        "next to --relay or P2P_COPY_RELAY the code comes from --code-file, P2P_COPY_CODE or the prompt: leave out the"
          + " argument, and give the output directory with --out DIR"
      } else {
        "the first argument is not a relay: give a URL such as wss://relay.example.org and then the code, and the output"
          + " directory with --out DIR"
      }
    return P2PCopyError(.usage, "\(what) (p2p-copy receive --help)")
  }
}

/// A relay that is no argument of its own.
package enum RelayOption: Sendable {
  /// The values of `--relay`.
  case option([String])
  /// What `P2P_COPY_RELAY` or the configuration file says.
  case configured([String])
  case none

  var texts: [String] {
    switch self {
    case .option(let texts): texts
    case .configured(let texts): texts
    case .none: []
    }
  }
}

extension LocalPath {
  /// Whether there is anything of that name here, links not followed.
  var namesSomething: Bool { bytes.withUnsafeBytes { FileName.exists($0) } }
}
