/// Reads a generated code out of what somebody pasted: with blanks, quotation marks or a full stop around it, in capital
/// letters, with the dashes of a word processor.
///
/// Works on the bytes, with no text in between that would stay in memory.
struct PastedCode: ~Copyable {
  /// The longest generated code: four proquints with a dash between each two.
  private static let maximumByteCount = 23

  /// The code as it was generated.
  let code: SecretBytes

  /// What is different in what was pasted.
  let corrections: Set<PairingCode.Correction>

  /// - Returns: `nil` when it is not a generated code, whatever is taken off.
  init?(reading bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 14 else { return nil }
    var byteCount = 0
    var corrections: Set<PairingCode.Correction> = []
    var isRead = false
    let text = SecretBytes(byteCount: Self.maximumByteCount) { span in
      isRead = Self.read(bytes, into: &span, &byteCount, &corrections)
    }
    guard isRead else { return nil }
    let form = text.withUnsafeBytes { Self.isGenerated($0.prefix(byteCount)) }
    guard form else { return nil }
    code = text.withUnsafeBytes { text in
      SecretBytes(copying: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: text[..<byteCount])))
    }
    self.corrections = corrections
  }

  /// The code, for a new owner.
  consuming func intoCode() -> SecretBytes { code }

  /// Takes off what stands around and writes the rest as it was generated.
  ///
  /// - Returns: Whether everything was understood.
  private static func read(
    _ bytes: UnsafeRawBufferPointer, into text: inout MutableRawSpan, _ byteCount: inout Int,
    _ corrections: inout Set<PairingCode.Correction>
  ) -> Bool {
    var parser = Unicode.UTF8.ForwardParser()
    var input = bytes.makeIterator()
    var isBehind = false
    while true {
      let scalar: Unicode.Scalar
      switch parser.parseScalar(from: &input) {
      case .valid(let encoded): scalar = Unicode.UTF8.decode(encoded)
      case .emptyInput: return true
      case .error: return false
      }
      if let around = correction(around: scalar) {
        // One full stop at the end, none in front.
        if around == .fullStop, byteCount == 0 || corrections.contains(.fullStop) { return false }
        corrections.insert(around)
        isBehind = byteCount > 0
        continue
      }
      guard !isBehind, byteCount < maximumByteCount, let (byte, correction) = normalised(scalar) else { return false }
      if let correction { corrections.insert(correction) }
      text.storeBytes(of: byte, toByteOffset: byteCount, as: UInt8.self)
      byteCount += 1
    }
  }

  /// What a character is that may stand in front of a code or behind it.
  private static func correction(around scalar: Unicode.Scalar) -> PairingCode.Correction? {
    switch scalar {
    case ".": .fullStop
    case "\"", "'", "`", "\u{AB}", "\u{BB}", "\u{2018}"..."\u{201F}", "\u{2039}", "\u{203A}": .quotationMarks
    // Zero-width spaces and the byte-order mark are no white space to Unicode.
    case "\u{200B}", "\u{2060}", "\u{FEFF}": .blanks
    case _ where scalar.properties.isWhitespace: .blanks
    default: nil
    }
  }

  /// A character of the code as a generated one has it.
  private static func normalised(_ scalar: Unicode.Scalar) -> (UInt8, PairingCode.Correction?)? {
    switch scalar {
    case "a"..."z", "0"..."9", "-": (UInt8(truncatingIfNeeded: scalar.value), nil)
    case "A"..."Z": (UInt8(truncatingIfNeeded: scalar.value) | 0x20, .capitals)
    // Hyphen, non-breaking hyphen, figure, en and em dash, bar, minus, and their small and wide forms.
    case "\u{2010}"..."\u{2015}", "\u{2212}", "\u{FE58}", "\u{FE63}", "\u{FF0D}": (UInt8(ascii: "-"), .dashes)
    default: nil
    }
  }

  /// Whether it is `482137-lusab-babad`, with four to nine digits, or four proquints.
  private static func isGenerated(_ code: Slice<UnsafeRawBufferPointer>) -> Bool {
    let parts = code.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard let first = parts.first else { return false }
    if (4...9).contains(first.count), first.allSatisfy({ 0x30...0x39 ~= $0 }) {
      return parts.count == 3 && parts.dropFirst().allSatisfy(isProquint)
    }
    return parts.count == 4 && parts.allSatisfy(isProquint)
  }

  private static func isProquint(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
    word.count == 5
      && word.enumerated().allSatisfy { index, byte in
        index % 2 == 0 ? "bdfghjklmnprstvz".utf8.contains(byte) : "aiou".utf8.contains(byte)
      }
  }
}

extension PairingCode {
  /// What was different in a generated code as it was given, by pasting or typing. More cases may come: have a `default`.
  package enum Correction: Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Blanks or line ends around it.
    case blanks
    /// Quotation marks around it.
    case quotationMarks
    /// A full stop behind it.
    case fullStop
    /// Capital letters.
    case capitals
    /// Dashes other than `-`.
    case dashes

    /// What was done about it, behind "the code was read", safe to show.
    package var description: String {
      switch self {
      case .blanks: "without the blanks around it"
      case .quotationMarks: "without the quotation marks"
      case .fullStop: "without the full stop at its end"
      case .capitals: "in small letters"
      case .dashes: "with '-' for other dashes"
      }
    }
  }
}
