import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// Where the bytes of one file go.
enum FileSink {
  /// Into a partial file beside its final place.
  case partialFile(PartialFile)
  /// To standard output, in order.
  case standardOutput
  /// Nowhere, since the file cannot be stored.
  case nowhere(P2PCopyError)

  /// Writes bytes.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(P2PCopyError) {
    switch self {
    case .partialFile(let file): try file.write(bytes, at: offset)
    case .standardOutput: try Self.writeToStandardOutput(bytes)
    case .nowhere(let error): throw error
    }
  }

  /// Gives a complete file its name.
  ///
  /// - Returns: The file in its place; `nil` for standard output.
  func finish(_ metadata: EntryMetadata?, _ settings: ReceiveSettings) throws(P2PCopyError) -> PlacedEntry? {
    switch self {
    case .partialFile(let file):
      return try file.place(settings.takenNames, metadata: metadata, keepingSetID: settings.keepsSetID)
    case .standardOutput: return nil
    case .nowhere(let error): throw error
    }
  }

  /// Forgets what was written: it is damaged and must not be continued.
  func discard() {
    if case .partialFile(let file) = self { file.discard() }
  }

  private static func writeToStandardOutput(_ bytes: UnsafeRawBufferPointer) throws(P2PCopyError) {
    guard let start = bytes.baseAddress else { return }
    var count = 0
    while count < bytes.count {
      let result = Glibc.write(STDOUT_FILENO, start + count, bytes.count - count)
      if result >= 0 {
        count += result
        continue
      }
      let error = SystemError.last
      if error.number == EINTR { continue }
      if error.number == EAGAIN {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        _ = poll(&descriptor, 1, 1000)
        continue
      }
      throw P2PCopyError(
        .destinationUnwritable, "cannot write to standard output: \(error)", scope: error.writingScope, cause: error)
    }
  }
}
