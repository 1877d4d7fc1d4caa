import P2PCopyCore
import P2PCopyPlatform

/// The process's environment.
enum Environment {
  /// A variable's value as text; `nil` when it is missing or empty.
  static func value(_ name: String) -> String? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return String(cString: value)
  }

  /// A variable's value as a path; `nil` when it is missing or empty.
  static func path(_ name: String) -> LocalPath? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return LocalPath(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }

  /// Whether a variable is there and not empty.
  static func has(_ name: String) -> Bool { getenv(name).map { $0[0] != 0 } ?? false }
}
