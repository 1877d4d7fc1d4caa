import Logging
import Synchronization

/// Keeps what is logged.
final class LogRecord: Sendable {
  private let lines = Mutex<[String]>([])

  var logger: Logger { Logger(label: "test") { _ in RecordingLogHandler(record: self) } }

  /// All lines so far, `message key=value …` with the keys in order.
  var all: [String] { lines.withLock { $0 } }

  fileprivate func append(_ line: String) {
    lines.withLock { $0.append(line) }
  }
}

private struct RecordingLogHandler: LogHandler {
  let record: LogRecord
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.debug

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    record.append(([event.message.description] + pairs).joined(separator: " "))
  }
}
