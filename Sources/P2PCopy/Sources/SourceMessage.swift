import P2PCopyCore

/// Sentences about sources that more than one place says.
enum SourceMessage {
  /// Two sources would arrive under one name.
  static func collision(_ one: [UInt8], _ other: [UInt8], _ name: [UInt8]) -> String {
    "'\(DisplayText.escaped(one))' and '\(DisplayText.escaped(other))' would both arrive as"
      + " '\(DisplayText.escaped(name))'; send them one after the other, or the directories that contain them"
  }
}
