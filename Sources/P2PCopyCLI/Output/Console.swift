import P2PCopyPlatform

/// Standard output and standard error, unbuffered: results go to the first, everything else to the second.
enum Console {
  /// Prints a line of results.
  ///
  /// - Throws: ``OutputFailure`` when it could not be written: somebody counts on it.
  static func output(_ text: String) throws(OutputFailure) {
    if let number = failure(writing: text + "\n", to: STDOUT_FILENO) { throw OutputFailure(number: number) }
  }

  /// Prints a line about what goes on or went wrong.
  static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// Draws a line over the one drawn before. What does not fit is cut off at the terminal's edge: should the terminal count
  /// columns otherwise, or have become narrower just now, the line does not go on in the next row.
  static func drawLine(_ line: String) { write("\r\u{1B}[K\u{1B}[?7l\(line)\u{1B}[?7h", to: STDERR_FILENO) }

  /// Tells the terminal something that it does not draw.
  static func drawRaw(_ sequence: String) { write(sequence, to: STDERR_FILENO) }

  /// Takes away the line drawn before.
  static func clearLine() { write("\r\u{1B}[K", to: STDERR_FILENO) }

  /// Whether standard error is a terminal, on which a line can be drawn over.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// The terminal's width in columns; 80 when it does not say.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes what is for a person to see. When it cannot be written there is nobody left to tell.
  private static func write(_ text: String, to descriptor: Int32) {
    guard failure(writing: text, to: descriptor) == nil else { return }
  }

  /// Writes all of a text, and waits where a descriptor that does not block has no room.
  ///
  /// - Returns: The error number when it could not; `nil` when everything is written.
  private static func failure(writing text: String, to descriptor: Int32) -> Int32? {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        let count = Glibc.write(descriptor, start, rest.count)
        if count >= 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno == EAGAIN {
          var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          if poll(&waited, 1, -1) < 0, errno != EINTR { return errno }
        } else if errno != EINTR {
          return errno
        }
      }
      return nil
    }
  }
}
