/// The code both peers share.
///
/// Copies share one piece of memory, which is wiped when the last of them goes. The code is never printed.
public struct PairingCode: Sendable {
  private final class Storage: Sendable {
    let bytes: SecretBytes
    init(_ bytes: consuming SecretBytes) { self.bytes = bytes }
  }

  /// The longest code that is accepted, in bytes of UTF-8.
  package static let maximumByteCount = 4096

  private let storage: Storage

  /// What was different in a generated code as it was given, in the order of the cases; empty for every other code.
  package let corrections: [Correction]

  /// Takes a code.
  ///
  /// A generated one (`482137-lusab-babad`, or four words for protocol 1) may have blanks, line ends, quotation marks or a
  /// full stop around it, capital letters, and dashes of other kinds: it is used as it was generated. Every
  /// other code is used exactly as given.
  ///
  /// - Parameter text: The code, 1 to 4096 bytes of UTF-8.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it is empty or too long.
  public init(_ text: String) throws(P2PCopyError) {
    try self.init(SecretBytes(copying: text.utf8Span.span.bytes))
  }

  /// Takes a code as UTF-8 bytes, as ``init(_:)`` does text.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it is empty or too long.
  public init(_ bytes: consuming SecretBytes) throws(P2PCopyError) {
    guard bytes.byteCount > 0 else { throw P2PCopyError(.usage, "the code is empty; give one both sides know") }
    guard bytes.byteCount <= Self.maximumByteCount else {
      throw P2PCopyError(.usage, "the code is longer than \(Self.maximumByteCount) bytes; give a shorter one")
    }
    if let pasted = bytes.withUnsafeBytes({ PastedCode(reading: $0) }) {
      corrections = Correction.allCases.filter(pasted.corrections.contains)
      storage = Storage(pasted.intoCode())
    } else {
      corrections = []
      storage = Storage(bytes)
    }
  }

  /// Whether bytes are a generated code, or would be one without what ``init(_:)`` takes off.
  package static func isGenerated(_ bytes: UnsafeRawBufferPointer) -> Bool {
    PastedCode(reading: bytes) != nil
  }

  /// Calls `body` with the code's bytes.
  public func withSecret<Result: ~Copyable, Failure: Error>(
    _ body: (borrowing SecretBytes) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(storage.bytes)
  }
}
