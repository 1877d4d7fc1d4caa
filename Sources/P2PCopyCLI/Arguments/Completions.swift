import ArgumentParser
import P2PCopyCore

/// What a shell completes, beyond files and the values of a type.
extension CompletionKind {
  /// The codecs of a kind that this binary has.
  static func codecs(_ kind: CodecKind) -> CompletionKind {
    .custom { (_: [String], _: Int, _: String) in
      CommandLineTool.codecs.codecs(of: kind).map(\.name.description)
    }
  }

  /// The parameters of all codecs, up to the value.
  static var codecParameters: CompletionKind {
    .custom { (_: [String], _: Int, _: String) in
      CodecKind.allCases.flatMap { CommandLineTool.codecs.codecs(of: $0) }.flatMap { codec in
        codec.parameters.map { "\(codec.name).\($0.name)=" }
      }
    }
  }

  /// The relays that have names in the configuration file.
  static var relays: CompletionKind {
    .custom { (_: [String], _: Int, _: String) in CommandLineTool.settings.relayNames }
  }
}
