/// A JSON value (RFC 8259), as a message has them.
package enum JSONValue: Sendable {
  case string(String)
  /// The text of a number.
  case number(String)
  case bool(Bool)
  case null
  case array([JSONValue])
  case object(JSONObject)

  /// Reads a text with one value in it.
  ///
  /// - Parameter bytes: All of it, of a bounded length.
  /// - Throws: ``JSONError`` when it is malformed, nested deeper than ``JSONReader/maximumDepth``, or an object in it has a
  ///   key twice.
  package init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
    let reader = JSONReader(
      JSONBytes(bytes: Array(bytes)), bufferByteCount: min(bytes.count, 64 << 10), maximumStringByteCount: bytes.count)
    self = try reader.value()
    try reader.end()
  }

  /// The string, if it is one.
  package var string: String? {
    guard case .string(let string) = self else { return nil }
    return string
  }

  /// The number, if it is one and fits the type.
  package func integer<Value: FixedWidthInteger>(as type: Value.Type = Value.self) -> Value? {
    guard case .number(let text) = self else { return nil }
    return Value(text)
  }
}

/// A JSON object. Its keys are matched exactly; those that nobody asks for are ignored.
///
/// A key with `null` counts as missing. One with a value of another kind than what is asked for is an error.
package struct JSONObject: Sendable {
  /// Values by key.
  package let members: [String: JSONValue]

  package init(_ members: [String: JSONValue]) {
    self.members = members
  }

  /// Reads a text with one object in it.
  ///
  /// - Throws: ``JSONError``, as ``JSONValue/init(parsing:)``, and when it is another value.
  package init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
    guard case .object(let object) = try JSONValue(parsing: bytes) else { throw JSONError("no object") }
    self = object
  }

  /// Whether a key is there, with whatever value but `null`.
  package func has(_ key: String) -> Bool {
    switch members[key] {
    case nil, .null?: false
    default: true
    }
  }

  package func string(_ key: String) throws(JSONError) -> String? {
    try member(key) { $0.string }
  }

  package func integer<Value: FixedWidthInteger>(
    _ key: String, as type: Value.Type = Value.self
  ) throws(JSONError) -> Value? {
    try member(key) { $0.integer(as: type) }
  }

  package func bool(_ key: String) throws(JSONError) -> Bool? {
    try member(key) { value in
      guard case .bool(let bool) = value else { return nil }
      return bool
    }
  }

  package func object(_ key: String) throws(JSONError) -> JSONObject? {
    try member(key) { value in
      guard case .object(let object) = value else { return nil }
      return object
    }
  }

  package func array(_ key: String) throws(JSONError) -> [JSONValue]? {
    try member(key) { value in
      guard case .array(let elements) = value else { return nil }
      return elements
    }
  }

  /// The objects in an array.
  package func objects(_ key: String) throws(JSONError) -> [JSONObject]? {
    guard let elements = try array(key) else { return nil }
    var objects: [JSONObject] = []
    objects.reserveCapacity(elements.count)
    for element in elements {
      guard case .object(let object) = element else { throw JSONError("'\(key)' has something that is no object") }
      objects.append(object)
    }
    return objects
  }

  private func member<Value>(_ key: String, _ read: (JSONValue) -> Value?) throws(JSONError) -> Value? {
    switch members[key] {
    case nil, .null?: return nil
    case let value?:
      guard let result = read(value) else { throw JSONError("'\(key)' has a value of the wrong kind") }
      return result
    }
  }
}

/// What is wrong with a JSON text.
package struct JSONError: Error, CustomStringConvertible {
  /// What it is, for a person. Holds nothing of the text.
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// JSON in memory.
private struct JSONBytes: JSONSource {
  let bytes: [UInt8]

  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(JSONError) -> Int {
    let piece = bytes.dropFirst(Int(offset)).prefix(memory.count)
    memory.copyBytes(from: piece)
    return piece.count
  }

  func malformed(_ why: String) -> JSONError { JSONError(why) }
}
