/// The stable name a codec has on the wire, such as `zstd` or `aes-256-gcm`.
///
/// 1 to 64 characters of `[a-z0-9.@-]`. A private codec is named `name@domain`, so that two authors cannot collide.
public struct CodecName: Hashable, Sendable, CustomStringConvertible {
  /// The greatest number of characters.
  public static let maximumLength = 64

  /// The name as text.
  public let description: String

  /// Checks a name that came from outside.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/protocolViolation`` when the text is not a codec name.
  public init(validating text: String) throws(P2PCopyError) {
    let bytes = text.utf8
    let isValid =
      (1...Self.maximumLength).contains(bytes.count)
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
          UInt8(ascii: "@"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
    guard isValid else {
      throw P2PCopyError(
        .protocolViolation,
        "'\(DisplayText.escaped(text.utf8.prefix(80)))' is not a codec name (1 to 64 of a-z 0-9 . @ -)")
    }
    self.description = text
  }
}

extension CodecName: ExpressibleByStringLiteral {
  /// A name written in source code. Traps when it is not a valid name: that is the codec author's mistake.
  public init(stringLiteral value: String) {
    do {
      try self.init(validating: value)
    } catch {
      preconditionFailure(error.message)
    }
  }
}
