import StrictJSON

/// What an `error` says before the first record, whoever sends it: a relay, whoever listens, or a peer.
struct Refusal {
  /// The most characters of the message that are kept.
  private static let maximumMessageLength = 300

  let code: String
  let message: String

  init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  /// Reads the fields of a message whose type says that it is one.
  ///
  /// - Throws: When a field is of the wrong kind. One that is missing is empty.
  init(_ json: JSONObject) throws {
    code = try json.string("code") ?? ""
    message = String((try json.string("message") ?? "").prefix(Self.maximumMessageLength))
  }

  /// Writes the fields, the type among them.
  func write(to json: inout JSONWriter) {
    json.field("type", "error")
    json.field("code", code)
    json.field("message", message)
  }
}
