package import P2PCopyCore

/// What `--codec NAME.PARAMETER=VALUE` asks for.
package struct CodecSetting: Hashable, Sendable {
  /// The codec's name.
  package let codec: String
  /// The parameter's name.
  package let parameter: String
  /// The value, for the parameter to read.
  package let value: String

  /// Reads an argument. A codec's name may have dots, a parameter's has none.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it has another form. What was typed is not in the
  ///   message: `--codec` is a letter away from the option that somebody would guess for a code.
  package init(_ argument: String) throws(P2PCopyError) {
    guard let equals = argument.firstIndex(of: "="), let dot = argument[..<equals].lastIndex(of: ".") else {
      throw P2PCopyError(
        .usage, "--codec takes NAME.PARAMETER=VALUE, such as zstd.level=9 (p2p-copy codecs lists them)")
    }
    codec = String(argument[..<dot])
    parameter = String(argument[argument.index(after: dot)..<equals])
    value = String(argument[argument.index(after: equals)...])
  }
}

extension CodecRegistry {
  /// Does what was asked for, the last of two for one parameter.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package mutating func apply(_ settings: [CodecSetting]) throws(P2PCopyError) {
    for setting in settings { try set(setting.parameter, of: setting.codec, toText: setting.value) }
  }
}
