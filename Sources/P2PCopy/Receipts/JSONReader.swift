import P2PCopyCore

/// Reads JSON (RFC 8259) piece by piece, in memory that does not depend on the length of the file.
///
/// The caller asks for what must come next. Whatever else is there is an error that names the file and the place.
final class JSONReader {
  /// The longest string, in bytes of UTF-8.
  static let maximumStringByteCount = 64 << 10

  /// How deep what is skipped may be nested.
  static let maximumDepth = 32

  private static let bufferByteCount = 64 << 10

  private let file: ReceiptFile
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferByteCount, alignment: 16)
  private var index = 0
  private var filledCount = 0
  private var offset: Int64 = 0

  init(_ file: ReceiptFile) {
    self.file = file
  }

  deinit {
    buffer.deallocate()
  }

  /// Reads an object; `body` gets each key and must read the value.
  func object(_ body: (String) throws(P2PCopyError) -> Void) throws(P2PCopyError) {
    try list(from: UInt8(ascii: "{"), to: UInt8(ascii: "}")) { () throws(P2PCopyError) in
      let key = try string()
      try expect(UInt8(ascii: ":"))
      try body(key)
    }
  }

  /// Reads an array; `body` must read one element.
  func array(_ body: () throws(P2PCopyError) -> Void) throws(P2PCopyError) {
    try list(from: UInt8(ascii: "["), to: UInt8(ascii: "]"), body)
  }

  /// Reads a string.
  func string() throws(P2PCopyError) -> String {
    try expect(UInt8(ascii: "\""))
    var bytes: [UInt8] = []
    while true {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed("text that is not UTF-8") }
        return text
      case UInt8(ascii: "\\"): bytes.append(contentsOf: try escape())
      case 0..<0x20: throw malformed("a control character inside a string")
      default: bytes.append(byte)
      }
      guard bytes.count <= Self.maximumStringByteCount else { throw malformed("a string that is too long") }
    }
  }

  /// Reads a whole number that is not negative.
  func wholeNumber() throws(P2PCopyError) -> Int64 {
    var value: Int64 = 0
    var digitCount = 0
    try skipSpace()
    while let byte = try peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      index += 1
      digitCount += 1
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw malformed("a number that is too large") }
      value = sum
    }
    guard digitCount > 0 else { throw malformed("no whole number where one must be") }
    return value
  }

  /// Reads `true` or `false`.
  func bool() throws(P2PCopyError) -> Bool {
    try skipSpace()
    let isTrue = try peek() == UInt8(ascii: "t")
    try expect(word: isTrue ? "true" : "false")
    return isTrue
  }

  /// Reads any value and forgets it.
  func skip(depth: Int = 0) throws(P2PCopyError) {
    guard depth < Self.maximumDepth else { throw malformed("it is nested too deep") }
    try skipSpace()
    switch try peek() {
    case UInt8(ascii: "{"): try object { (_) throws(P2PCopyError) in try skip(depth: depth + 1) }
    case UInt8(ascii: "["): try array { () throws(P2PCopyError) in try skip(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
    case UInt8(ascii: "n"): try expect(word: "null")
    default: try skipNumber()
    }
  }

  /// Reads the end of the file.
  func end() throws(P2PCopyError) {
    try skipSpace()
    guard try peek() == nil else { throw malformed("something behind its end") }
  }

  /// The error for what was found at this place.
  func malformed(_ why: String) -> P2PCopyError {
    file.malformed("\(why) (before byte \(offset - Int64(filledCount - index)))")
  }

  // MARK: - Pieces

  private func list(
    from open: UInt8, to close: UInt8, _ body: () throws(P2PCopyError) -> Void
  ) throws(P2PCopyError) {
    try expect(open)
    try skipSpace()
    if try peek() == close {
      index += 1
      return
    }
    while true {
      try body()
      try skipSpace()
      let byte = try next()
      if byte == close { return }
      guard byte == UInt8(ascii: ",") else { throw malformed("a comma is missing") }
    }
  }

  /// What stands behind a backslash, as UTF-8.
  private func escape() throws(P2PCopyError) -> [UInt8] {
    switch try next() {
    case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
    case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
    case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): break
    default: throw malformed("an escape that JSON does not have")
    }
    var value = UInt32(try fourHexDigits())
    if (0xD800..<0xDC00).contains(value) {
      guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
        throw malformed("half a character")
      }
      let low = UInt32(try fourHexDigits())
      guard (0xDC00..<0xE000).contains(low) else { throw malformed("half a character") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = UnicodeScalar(value) else { throw malformed("half a character") }
    return Array(String(scalar).utf8)
  }

  private func fourHexDigits() throws(P2PCopyError) -> UInt16 {
    var digits: [UInt8] = []
    for _ in 0..<4 { digits.append(try next()) }
    guard let bytes = Hex.decode(String(decoding: digits, as: UTF8.self)), bytes.count == 2 else {
      throw malformed("an escape without four hexadecimal digits")
    }
    return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
  }

  private func skipNumber() throws(P2PCopyError) {
    var length = 0
    while let byte = try peek(), "+-.0123456789eE".utf8.contains(byte) {
      index += 1
      length += 1
      guard length <= 100 else { throw malformed("a number that is too long") }
    }
    guard length > 0 else { throw malformed("no value where one must be") }
  }

  private func expect(_ byte: UInt8) throws(P2PCopyError) {
    try skipSpace()
    guard try next() == byte else { throw malformed("no '\(UnicodeScalar(byte))' where one must be") }
  }

  private func expect(word: String) throws(P2PCopyError) {
    for byte in word.utf8 {
      guard try next() == byte else { throw malformed("no '\(word)' where it must be") }
    }
  }

  private func skipSpace() throws(P2PCopyError) {
    while let byte = try peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private func next() throws(P2PCopyError) -> UInt8 {
    guard let byte = try peek() else { throw malformed("it ends too soon") }
    index += 1
    return byte
  }

  private func peek() throws(P2PCopyError) -> UInt8? {
    if index < filledCount { return buffer[index] }
    filledCount = try file.read(into: buffer, at: offset)
    index = 0
    offset += Int64(filledCount)
    return filledCount > 0 ? buffer[0] : nil
  }
}
