/// Where JSON is read from.
package protocol JSONSource {
  /// What reading fails with.
  associatedtype Failure: Error

  /// Reads at an offset.
  ///
  /// - Returns: How many bytes; 0 at the end.
  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Failure) -> Int

  /// The error for content that is not what it should be.
  func malformed(_ why: String) -> Failure
}

/// Reads JSON (RFC 8259) piece by piece, in memory that does not depend on its length.
///
/// The caller asks for what must come next. Whatever else is there is an error that names the place. No object may have a
/// key twice: of two readers each could believe another one of the values.
package final class JSONReader<Source: JSONSource> {
  /// How deep it may be nested.
  package static var maximumDepth: Int { 32 }

  /// How many keys an object may have.
  package static var maximumKeyCount: Int { 1000 }

  private let source: Source
  private let maximumStringByteCount: Int
  private let buffer: UnsafeMutableRawBufferPointer
  private var index = 0
  private var filledCount = 0
  private var offset: Int64 = 0

  /// Starts at the front.
  ///
  /// - Parameters:
  ///   - source: Where to read.
  ///   - bufferByteCount: How many bytes to read at once.
  ///   - maximumStringByteCount: The longest string, in bytes of UTF-8.
  package init(_ source: Source, bufferByteCount: Int = 64 << 10, maximumStringByteCount: Int = 64 << 10) {
    self.source = source
    self.maximumStringByteCount = maximumStringByteCount
    buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bufferByteCount), alignment: 16)
  }

  deinit {
    buffer.deallocate()
  }

  /// Reads an object; `body` gets each key and must read the value.
  package func object(_ body: (String) throws(Source.Failure) -> Void) throws(Source.Failure) {
    var keys: Set<String> = []
    try list(from: UInt8(ascii: "{"), to: UInt8(ascii: "}")) { () throws(Source.Failure) in
      let key = try string()
      guard keys.count < Self.maximumKeyCount else { throw malformed("an object with too many keys") }
      guard keys.insert(key).inserted else { throw malformed("a key that is there twice") }
      try expect(UInt8(ascii: ":"))
      try body(key)
    }
  }

  /// Reads an array; `body` must read one element.
  package func array(_ body: () throws(Source.Failure) -> Void) throws(Source.Failure) {
    try list(from: UInt8(ascii: "["), to: UInt8(ascii: "]"), body)
  }

  /// Reads a string.
  package func string() throws(Source.Failure) -> String {
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
      guard bytes.count <= maximumStringByteCount else { throw malformed("a string that is too long") }
    }
  }

  /// Reads a whole number that is not negative.
  package func wholeNumber() throws(Source.Failure) -> Int64 {
    guard let value = Int64(try number()), value >= 0 else { throw malformed("no whole number that can be one") }
    return value
  }

  /// Reads a number.
  ///
  /// - Returns: Its text.
  package func number() throws(Source.Failure) -> String {
    try skipSpace()
    var text: [UInt8] = []
    if try peek() == UInt8(ascii: "-") { text.append(try next()) }
    let firstDigitIndex = text.count
    try digits(onto: &text)
    guard text[firstDigitIndex] != UInt8(ascii: "0") || text.count == firstDigitIndex + 1 else {
      throw malformed("a number that begins with a zero")
    }
    if try peek() == UInt8(ascii: ".") {
      text.append(try next())
      try digits(onto: &text)
    }
    if let byte = try peek(), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      text.append(try next())
      if let sign = try peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { text.append(try next()) }
      try digits(onto: &text)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads `true` or `false`.
  package func bool() throws(Source.Failure) -> Bool {
    try skipSpace()
    let isTrue = try peek() == UInt8(ascii: "t")
    try expect(word: isTrue ? "true" : "false")
    return isTrue
  }

  /// Reads any value.
  package func value(depth: Int = 0) throws(Source.Failure) -> JSONValue {
    guard depth < Self.maximumDepth else { throw malformed("it is nested too deep") }
    try skipSpace()
    switch try peek() {
    case UInt8(ascii: "{"):
      var members: [String: JSONValue] = [:]
      try object { (key) throws(Source.Failure) in members[key] = try value(depth: depth + 1) }
      return .object(JSONObject(members))
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try array { () throws(Source.Failure) in elements.append(try value(depth: depth + 1)) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try bool())
    case UInt8(ascii: "n"):
      try expect(word: "null")
      return .null
    default: return .number(try number())
    }
  }

  /// Reads any value and forgets it.
  package func skip(depth: Int = 0) throws(Source.Failure) {
    guard depth < Self.maximumDepth else { throw malformed("it is nested too deep") }
    try skipSpace()
    switch try peek() {
    case UInt8(ascii: "{"): try object { (_) throws(Source.Failure) in try skip(depth: depth + 1) }
    case UInt8(ascii: "["): try array { () throws(Source.Failure) in try skip(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
    case UInt8(ascii: "n"): try expect(word: "null")
    default: _ = try number()
    }
  }

  /// Reads the end of the file.
  package func end() throws(Source.Failure) {
    try skipSpace()
    guard try peek() == nil else { throw malformed("something behind its end") }
  }

  /// The error for what was found at this place.
  package func malformed(_ why: String) -> Source.Failure {
    source.malformed("\(why) (before byte \(offset - Int64(filledCount - index)))")
  }

  // MARK: - Pieces

  private func list(
    from open: UInt8, to close: UInt8, _ body: () throws(Source.Failure) -> Void
  ) throws(Source.Failure) {
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
  private func escape() throws(Source.Failure) -> [UInt8] {
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

  private func fourHexDigits() throws(Source.Failure) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch try next() {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): digit = byte - UInt8(ascii: "0")
      case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte): digit = byte - UInt8(ascii: "a") + 10
      case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte): digit = byte - UInt8(ascii: "A") + 10
      default: throw malformed("an escape without four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  private func digits(onto text: inout [UInt8]) throws(Source.Failure) {
    let start = text.count
    while let byte = try peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      guard text.count < 100 else { throw malformed("a number that is too long") }
      index += 1
      text.append(byte)
    }
    guard text.count > start else { throw malformed("no value where one must be") }
  }

  private func expect(_ byte: UInt8) throws(Source.Failure) {
    try skipSpace()
    guard try next() == byte else { throw malformed("no '\(UnicodeScalar(byte))' where one must be") }
  }

  private func expect(word: String) throws(Source.Failure) {
    for byte in word.utf8 {
      guard try next() == byte else { throw malformed("no '\(word)' where it must be") }
    }
  }

  private func skipSpace() throws(Source.Failure) {
    while let byte = try peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private func next() throws(Source.Failure) -> UInt8 {
    guard let byte = try peek() else { throw malformed("it ends too soon") }
    index += 1
    return byte
  }

  private func peek() throws(Source.Failure) -> UInt8? {
    if index < filledCount { return buffer[index] }
    filledCount = try source.read(into: buffer, at: offset)
    index = 0
    offset += Int64(filledCount)
    return filledCount > 0 ? buffer[0] : nil
  }
}
