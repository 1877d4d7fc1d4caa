import P2PCopyCore

/// Something that a variable or the configuration file can say once for all transfers, in place of an option.
struct Setting: Sendable {
  /// The form of a value.
  enum Form: Sendable {
    case text
    case number
    case flag
    /// One or several.
    case list
  }

  /// What it is in the configuration file, and the option with two dashes in front.
  let name: String
  let form: Form
  /// The commands that have the option.
  let commands: Set<String>
  /// Whether protocol 1 has no such thing: then a default for all transfers does not count.
  var isForProtocol2 = false
  /// What it is where nobody says anything.
  let fallback: String

  /// The option.
  var option: String { "--" + name }

  /// The variable.
  var variable: String { "P2P_COPY_" + name.uppercased().replacing("-", with: "_") }

  /// All there are.
  static let all: [Setting] = {
    let both: Set = ["send", "receive"]
    return [
      Setting(name: "relay", form: .list, commands: both, fallback: "none"),
      Setting(name: "proxy", form: .text, commands: both, fallback: "what https_proxy, http_proxy, all_proxy say"),
      Setting(name: "ca-file", form: .text, commands: both, fallback: "the system's"),
      Setting(name: "wait", form: .number, commands: both, fallback: "600"),
      Setting(name: "retry-for", form: .text, commands: both, isForProtocol2: true, fallback: "30m"),
      Setting(name: "connections", form: .text, commands: both, isForProtocol2: true, fallback: "auto"),
      Setting(name: "digest", form: .text, commands: both, isForProtocol2: true, fallback: "the sender's first"),
      Setting(name: "codec", form: .list, commands: both, isForProtocol2: true, fallback: "none"),
      Setting(name: "quiet", form: .flag, commands: both, fallback: "false"),
      Setting(name: "compress", form: .text, commands: ["send"], fallback: "auto"),
      Setting(name: "compressor", form: .text, commands: ["send"], isForProtocol2: true, fallback: "the first"),
      Setting(name: "level", form: .number, commands: ["send"], isForProtocol2: true, fallback: "the compressor's"),
      Setting(name: "cipher", form: .text, commands: ["send"], isForProtocol2: true, fallback: "all"),
      Setting(name: "limit-rate", form: .text, commands: ["send"], fallback: "none"),
      Setting(name: "links", form: .text, commands: ["send"], isForProtocol2: true, fallback: "keep"),
      Setting(name: "on-conflict", form: .text, commands: ["receive"], fallback: "fail"),
      Setting(name: "max-bytes", form: .text, commands: ["receive"], isForProtocol2: true, fallback: "none"),
      Setting(name: "max-files", form: .number, commands: ["receive"], isForProtocol2: true, fallback: "none"),
    ]
  }()

  /// The setting of a name.
  static func named(_ name: String) -> Setting? { all.first { $0.name == name } }
}
