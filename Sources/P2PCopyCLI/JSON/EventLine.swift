import P2PCopy
import P2PCopyCore
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// One line of `--json`: an object with the schema's number, the event's name, the time, and what the event has.
///
/// `docs/json.md` and `docs/events.schema.json` describe every event and every field.
struct EventLine: Sendable {
  /// Changes when a field goes or means something else; not when events or fields are added.
  static let schema: Int64 = 1

  /// The object, without the end of the line.
  let text: String

  /// - Parameters:
  ///   - event: The event's name.
  ///   - fields: Writes what it has.
  init(_ event: String, _ fields: (inout JSONWriter) -> Void = { _ in }) {
    var writer = JSONWriter()
    writer.object { json in
      json.field("schema", Self.schema)
      json.field("event", event)
      json.field("time", Self.now())
      fields(&json)
    }
    text = writer.text
  }

  /// The moment in UTC, to the millisecond (RFC 3339).
  private static func now() -> String {
    var now = timespec()
    var parts = tm()
    clock_gettime(CLOCK_REALTIME, &now)
    gmtime_r(&now.tv_sec, &parts)
    func digits(_ number: some BinaryInteger, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
      + "T\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
      + ".\(digits(now.tv_nsec / 1_000_000, 3))Z"
  }
}

extension EventLine {
  /// The first line of every command.
  static func command(_ name: String) -> EventLine {
    EventLine("command") { json in
      json.field("command", name)
      json.field("version", PackageVersion.text)
    }
  }

  /// Something a person should know.
  static func notice(_ text: String) -> EventLine {
    EventLine("notice") { $0.field("message", text) }
  }

  /// Why the command does not end with 0: its last line then.
  static func error(_ error: P2PCopyError) -> EventLine {
    EventLine("error") { json in
      json.field("code", error.code.name)
      json.field("status", Int64(error.code.exitStatus))
      json.field("message", error.message)
      if let remedy = error.remedy {
        json.field("remedy", remedy.rawValue)
        json.field("advice", remedy.commandWords)
      }
    }
  }
}

extension JSONWriter {
  /// A key with a text, safe to show.
  mutating func field(_ name: String, _ text: String) {
    key(name)
    safeString(text)
  }

  /// A key with a number.
  mutating func field(_ name: String, _ number: some BinaryInteger) {
    key(name)
    integer(Int64(clamping: number))
  }

  /// A key with a truth value.
  mutating func field(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  /// A key with a time in milliseconds.
  mutating func field(_ name: String, milliseconds duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    field(name, overflow ? Int64.max : product + attoseconds / 1_000_000_000_000_000)
  }

  /// A name: as text where it is UTF-8, otherwise in hexadecimal under `NAME_hex`.
  mutating func field(_ key: String, _ path: EntryPath) {
    name(key, path.bytes)
  }

  /// A key with objects.
  mutating func field<Element>(
    _ name: String, _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
  ) {
    key(name)
    array { json in
      for element in elements { json.object { body(&$0, element) } }
    }
  }
}
