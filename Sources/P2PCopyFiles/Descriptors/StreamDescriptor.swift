package import P2PCopyPlatform

/// An open descriptor that somebody else owns, and that is written to in order: a pipe, a terminal.
package struct StreamDescriptor: Sendable {
  package let number: Int32

  package init(number: Int32) {
    self.number = number
  }

  /// What a person calls it.
  package var shown: String {
    switch number {
    case STDIN_FILENO: "standard input"
    case STDOUT_FILENO: "standard output"
    case STDERR_FILENO: "standard error"
    default: "the stream with descriptor \(number)"
    }
  }

  /// Writes all of the memory, and waits as long as nobody takes it.
  ///
  /// - Throws: ``SystemError``; some of the bytes may have been written then.
  package func writeAll(_ memory: UnsafeRawBufferPointer) throws(SystemError) {
    guard let start = memory.baseAddress else { return }
    var count = 0
    while count < memory.count {
      let result = write(number, start + count, memory.count - count)
      if result >= 0 {
        count += result
        continue
      }
      let error = SystemError.last
      if error.number == EINTR { continue }
      guard error.number == EAGAIN else { throw error }
      // Somebody has made the descriptor non-blocking.
      var waiting = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
      _ = poll(&waiting, 1, 1000)
    }
  }
}
