import P2PCopyCore

/// Sentences about sources that more than one place says.
enum SourceMessage {
  /// Two sources would arrive under one name.
  package static func collision(_ one: [UInt8], _ other: [UInt8], _ name: [UInt8]) -> String {
    "'\(DisplayText.escaped(one))' and '\(DisplayText.escaped(other))' would both arrive as"
      + " '\(DisplayText.escaped(name))'; send them one after the other, or the directories that contain them"
  }

  /// Something was found and is not there any more.
  package static func replaced(_ location: [UInt8]) -> String {
    "cannot send '\(DisplayText.escaped(location))': something else has come to its place since it was found"
  }

  /// A link was found where there was none.
  static func replacedByLink(_ location: [UInt8]) -> String {
    "cannot send '\(DisplayText.escaped(location))': since it was found, a symbolic link has come to its place or that of"
      + " a directory on the way"
  }
}
