/// One option of a codec, declared beside its value, so that a command line can list and set it without knowing the codec.
///
/// ```swift
/// var parameters: [CodecParameter] {
///   [.integer("level", level, default: 3, in: 1...19, help: "higher is smaller and slower")]
/// }
/// ```
public struct CodecParameter: Hashable, Sendable {
  /// A value of a parameter.
  public enum Value: Hashable, Sendable {
    case integer(Int)
    case choice(String)
    case flag(Bool)
  }

  /// The values that a parameter can have.
  public enum Domain: Hashable, Sendable {
    case integers(ClosedRange<Int>)
    case choices([String])
    case flag
  }

  /// The option's name, such as `level`: of `a-z 0-9 -`.
  public let name: String

  /// The value in force.
  public let value: Value

  /// The value unless another one is set.
  public let defaultValue: Value

  /// The values that are allowed.
  public let domain: Domain

  /// One line that says what it does and in which unit.
  public let help: String

  /// A whole number.
  public static func integer(
    _ name: String, _ value: Int, default defaultValue: Int, in range: ClosedRange<Int>, help: String
  ) -> CodecParameter {
    CodecParameter(
      name: name, value: .integer(value), defaultValue: .integer(defaultValue), domain: .integers(range), help: help)
  }

  /// One of some words, each without blanks.
  public static func choice(
    _ name: String, _ value: String, default defaultValue: String, of choices: [String], help: String
  ) -> CodecParameter {
    CodecParameter(
      name: name, value: .choice(value), defaultValue: .choice(defaultValue), domain: .choices(choices), help: help)
  }

  /// `on` or `off`.
  public static func flag(
    _ name: String, _ value: Bool, default defaultValue: Bool, help: String
  ) -> CodecParameter {
    CodecParameter(name: name, value: .flag(value), defaultValue: .flag(defaultValue), domain: .flag, help: help)
  }
}

extension CodecParameter.Value: CustomStringConvertible {
  /// The value as it is written on a command line: `3`, `fast`, `on`.
  public var description: String {
    switch self {
    case .integer(let number): String(number)
    case .choice(let word): word
    case .flag(let isOn): isOn ? "on" : "off"
    }
  }
}

extension CodecParameter.Domain {
  /// Whether a value is allowed.
  package func contains(_ value: CodecParameter.Value) -> Bool {
    switch (self, value) {
    case (.integers(let range), .integer(let number)): range.contains(number)
    case (.choices(let words), .choice(let word)): words.contains(word)
    case (.flag, .flag): true
    default: false
    }
  }

  /// The value that a text stands for; `nil` for a text that stands for none that is allowed.
  package func value(_ text: String) -> CodecParameter.Value? {
    let value: CodecParameter.Value? =
      switch self {
      case .integers: Int(text).map { .integer($0) }
      case .choices: .choice(text)
      case .flag: text == "on" ? .flag(true) : text == "off" ? .flag(false) : nil
      }
    return value.flatMap { contains($0) ? $0 : nil }
  }

  /// What is allowed, for a sentence: `a number from 1 to 19`.
  package var phrase: String {
    switch self {
    case .integers(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .choices(let words): "one of \(words.joined(separator: ", "))"
    case .flag: "on or off"
    }
  }

  /// What is allowed, for a list: `1 … 19`.
  package var summary: String {
    switch self {
    case .integers(let range): "\(range.lowerBound) … \(range.upperBound)"
    case .choices(let words): words.joined(separator: "|")
    case .flag: "on|off"
    }
  }
}
