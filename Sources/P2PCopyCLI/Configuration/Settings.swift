import Configuration
import P2PCopyCore
import P2PCopyPlatform
import StrictJSON
import SystemPackage

/// What variables and the configuration file say: an option on the command line goes before a variable, a variable before the
/// file, the file before the default.
struct Settings: Sendable {
  /// Where a value comes from.
  enum Source: Sendable {
    case variable(String)
    case file(LocalPath)
  }

  /// A setting's value, several where it may have several.
  struct Value: Sendable {
    let texts: [String]
    let source: Source
  }

  private static let maximumByteCount = 1 << 20

  private let variables: ConfigReader
  private let file: ConfigReader
  /// The file that is read; `nil` when there is none.
  let path: LocalPath?
  /// The names of relays that the file has, sorted.
  let relayNames: [String]

  /// - Parameters:
  ///   - variables: What the environment has; nothing unless it is given.
  ///   - file: What the file at `path` has.
  ///   - path: The file that was read.
  ///   - relayNames: The names of relays in it, sorted.
  init(
    variables: [String: String] = [:], file: [AbsoluteConfigKey: ConfigValue] = [:], path: LocalPath? = nil,
    relayNames: [String] = []
  ) {
    self.variables = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
    self.file = ConfigReader(provider: InMemoryProvider(values: file))
    self.path = path
    self.relayNames = relayNames
  }

  /// Reads variables and file.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the file cannot be used; it is named.
  static func read() throws(P2PCopyError) -> Settings {
    var variables: [String: String] = [:]
    for setting in Setting.all {
      if let value = Environment.value(setting.variable) { variables[setting.variable] = value }
    }
    guard let path = location() else { return Settings(variables: variables) }
    let bytes = try InputFile.read(path, limit: maximumByteCount)
    guard !bytes.isEmpty else { return Settings(variables: variables) }
    let object: JSONObject
    do throws(JSONError) {
      object = try JSONObject(parsing: bytes)
    } catch {
      throw refuse(path, "\(error)")
    }
    let relayNames = try check(object, path)
    return Settings(variables: variables, file: values(of: object), path: path, relayNames: relayNames)
  }

  /// The file: that of `P2P_COPY_CONFIG`, which has to be there then, otherwise `p2p-copy/config.json` in the directory for
  /// configurations, if it is there.
  static func location() -> LocalPath? {
    if let named = Environment.path("P2P_COPY_CONFIG") { return named }
    let home = Environment.path("HOME").map { LocalPath($0.bytes + "/.config".utf8) }
    guard let directory = Environment.path("XDG_CONFIG_HOME") ?? home else { return nil }
    let path = LocalPath(directory.bytes + "/p2p-copy/config.json".utf8)
    return path.withCString { access($0, F_OK) } == 0 ? path : nil
  }

  /// A setting's value; `nil` when neither variable nor file says one.
  func value(of setting: Setting) -> Value? {
    if let text = variables.string(forKey: ConfigKey(["p2p", "copy", setting.name])) {
      return Value(texts: Self.texts(text, setting), source: .variable(setting.variable))
    }
    guard let path, let texts = texts(in: file, ConfigKey([setting.name]), setting.form) else { return nil }
    return Value(texts: texts, source: .file(path))
  }

  /// The addresses of a relay that has a name in the file.
  func relays(named name: String) -> [String]? {
    relayNames.contains(name) ? texts(in: file, ConfigKey(["relays", name]), .list) : nil
  }

  /// The options that stand for what variables and file say, for a command and unless they are given.
  ///
  /// Not those of relays: one that is an argument of its own excludes the option.
  ///
  /// - Parameters:
  ///   - command: The command's name.
  ///   - arguments: What is given.
  /// - Returns: Options with their values, each with where it comes from.
  func options(for command: String, given arguments: [String]) -> [(argument: String, source: Source)] {
    let given = arguments.prefix { $0 != "--" }
    let isProtocol1 =
      zip(given, given.dropFirst()).contains { $0 == "--protocol" && $1 == "1" }
      || given.contains("--protocol=1")
    var options: [(argument: String, source: Source)] = []
    for setting in Setting.all where setting.name != "relay" && setting.commands.contains(command) {
      guard !(isProtocol1 && setting.isForProtocol2) else { continue }
      let isGiven = given.contains { $0 == setting.option || $0.hasPrefix(setting.option + "=") }
      guard !isGiven, let value = value(of: setting) else { continue }
      for text in value.texts {
        switch setting.form {
        case .flag: if text == "true" || text == "1" { options.append((setting.option, value.source)) }
        case .text, .number, .list:
          options.append((setting.option + "=" + ArgumentText.encode(text.utf8), value.source))
        }
      }
    }
    return options
  }

  private func texts(in reader: ConfigReader, _ key: ConfigKey, _ form: Setting.Form) -> [String]? {
    if form == .flag { return reader.bool(forKey: key).map { ["\($0)"] } }
    if let text = reader.string(forKey: key) { return [text] }
    if let number = reader.int(forKey: key) { return ["\(number)"] }
    return reader.stringArray(forKey: key)
  }

  private static func texts(_ text: String, _ setting: Setting) -> [String] {
    switch setting.form {
    case .list: text.split(separator: " ").map(String.init)
    case .text, .number, .flag: [text]
    }
  }

  // MARK: The file

  private static func refuse(_ path: LocalPath, _ why: String) -> P2PCopyError {
    P2PCopyError(.usage, "the configuration '\(path)' cannot be used: \(why)")
  }

  /// Refuses a file with something that nobody would look at: a mistyped name would pass unnoticed.
  ///
  /// - Returns: The names of relays, sorted.
  private static func check(_ object: JSONObject, _ path: LocalPath) throws(P2PCopyError) -> [String] {
    var relayNames: [String] = []
    for (name, value) in object.members.sorted(by: { $0.key < $1.key }) {
      if name == "relays" {
        guard case .object(let relays) = value else {
          throw refuse(path, "'relays' is no object of names and addresses")
        }
        for (relay, addresses) in relays.members {
          guard isList(addresses), !relay.contains(where: { "./: ".contains($0) }), !relay.isEmpty else {
            throw refuse(path, "'relays' has '\(DisplayText.escaped(relay))', which is no name with an address")
          }
          relayNames.append(relay)
        }
        continue
      }
      guard let setting = Setting.named(name) else {
        let known = (Setting.all.map(\.name) + ["relays"]).sorted().joined(separator: ", ")
        throw refuse(path, "there is no setting '\(DisplayText.escaped(name))'; there are \(known)")
      }
      guard isValue(value, of: setting) else {
        throw refuse(path, "'\(name)' has a value of another kind than it takes")
      }
    }
    return relayNames.sorted()
  }

  /// What the file has, for a reader. The provider for JSON files would take all of Foundation into the command with it, 45 MB.
  private static func values(of object: JSONObject, under prefix: [String] = []) -> [AbsoluteConfigKey: ConfigValue] {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (name, value) in object.members {
      let content: ConfigContent
      switch value {
      case .object(let members):
        values.merge(Self.values(of: members, under: prefix + [name])) { $1 }
        continue
      case .string(let text): content = .string(text)
      case .number(let text): content = value.integer(as: Int.self).map { .int($0) } ?? .string(text)
      case .bool(let bool): content = .bool(bool)
      case .array(let elements): content = .stringArray(elements.compactMap(\.string))
      case .null: continue
      }
      values[AbsoluteConfigKey(prefix + [name])] = ConfigValue(content, isSecret: false)
    }
    return values
  }

  private static func isValue(_ value: JSONValue, of setting: Setting) -> Bool {
    switch (setting.form, value) {
    case (.text, .string), (.number, .number), (.flag, .bool): true
    // A size or a number may stand as either.
    case (.text, .number): value.integer(as: Int.self) != nil
    case (.list, _): isList(value)
    default: false
    }
  }

  private static func isList(_ value: JSONValue) -> Bool {
    switch value {
    case .string: true
    case .array(let elements): !elements.isEmpty && elements.allSatisfy { $0.string != nil }
    default: false
    }
  }
}

extension Settings.Source: CustomStringConvertible {
  /// The variable's name, or the file's.
  var description: String {
    switch self {
    case .variable(let name): name
    case .file(let path): "\(path)"
    }
  }
}
