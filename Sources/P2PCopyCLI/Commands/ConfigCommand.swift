import ArgumentParser
import P2PCopy
import P2PCopyCore
import P2PCopyWire

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Print what holds where no option says otherwise, and where that comes from.",
    discussion: """
      An option goes before a variable, a variable before the configuration file, the file before the default. The file is \
      ~/.config/p2p-copy/config.json, or the one that P2P_COPY_CONFIG names: a JSON object with the names of options, and with \
      'relays', names for relays, which --relay takes.

      EXAMPLE
        {"relays": {"lab": "wss://relay.example.org"}, "relay": "lab", "retry-for": "2h", "limit-rate": "20M"}
      """)

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let settings = CommandLineTool.settings
    if !output.json {
      try Console.output(settings.path.map { "configuration: \($0)" } ?? "no configuration file")
    }
    let width = (Setting.all.map(\.name.count) + settings.relayNames.map { $0.count + 7 }).max() ?? 0
    for setting in Setting.all {
      let value = settings.value(of: setting)
      let texts = value.map { $0.texts.map { Self.shown($0, setting) } }
      try output.output(
        "\(setting.name.padded(to: width))  \(texts?.joined(separator: " ") ?? setting.fallback)"
          + "  (\(value.map { "\($0.source)" } ?? "default"))",
        as: SettingLine.line(setting.name, texts, value?.source))
    }
    for name in settings.relayNames {
      guard let path = settings.path, let relays = settings.relays(named: name) else { continue }
      try output.output(
        "\("relays.\(name)".padded(to: width))  \(relays.map { DisplayText.escaped($0) }.joined(separator: " "))  (\(path))",
        as: SettingLine.line("relays.\(name)", relays, .file(path)))
    }
    if CommandLineTool.environmentCode != nil {
      try output.output(
        "\("code".padded(to: width))  [redacted]  (P2P_COPY_CODE)",
        as: SettingLine.line("code", ["[redacted]"], .variable("P2P_COPY_CODE")))
    }
  }

  /// A value, safe to show and without a password.
  private static func shown(_ text: String, _ setting: Setting) -> String {
    guard setting.name == "proxy", text != "none" else { return DisplayText.escaped(text) }
    guard let proxy = try? ProxyAddress(text) else { return "[no proxy's address]" }
    return proxy.user == nil ? "\(proxy)" : "\(proxy) (user and password redacted)"
  }
}

private enum SettingLine {
  static func line(_ name: String, _ values: [String]?, _ source: Settings.Source?) -> EventLine {
    EventLine("setting") { json in
      json.field("name", name)
      if let values {
        json.key("values")
        json.array { json in for value in values { json.safeString(value) } }
      }
      switch source {
      case .variable(let variable):
        json.field("source", "variable")
        json.field("variable", variable)
      case .file(let path):
        json.field("source", "file")
        json.field("file", EntryPath(path.bytes))
      case nil: json.field("source", "default")
      }
    }
  }
}
