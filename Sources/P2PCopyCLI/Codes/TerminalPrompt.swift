import P2PCopyCore
import P2PCopyPlatform

/// Asks the person at the terminal for a secret without showing what is typed.
enum TerminalPrompt {
  /// Asks on the controlling terminal, so that standard input can be something else.
  ///
  /// - Returns: The code, or `nil` when there is no terminal.
  /// - Throws: ``P2PCopyError``: cancelled on Ctrl-C or Ctrl-D.
  static func secret(_ prompt: String) throws(P2PCopyError) -> PairingCode? {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var original = termios()
    guard tcgetattr(terminal, &original) == 0 else { return nil }
    var silent = original
    // Signals off as well: Ctrl-C is read as a character, so that echo is back on before the process ends.
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else { return nil }
    defer {
      tcsetattr(terminal, TCSAFLUSH, &original)
      show("\n", on: terminal)
    }
    show(prompt, on: terminal)
    return try readLine(from: terminal, prompt)
  }

  private static func readLine(from terminal: Int32, _ prompt: String) throws(P2PCopyError) -> PairingCode {
    let line = UnsafeMutableRawBufferPointer.allocate(byteCount: PairingCode.maximumByteCount, alignment: 1)
    defer {
      if let start = line.baseAddress { explicit_bzero(start, line.count) }
      line.deallocate()
    }
    var count = 0
    while true {
      var byte: UInt8 = 0
      let result = read(terminal, &byte, 1)
      if result < 0, errno == EINTR { continue }
      guard result == 1, byte != 0x03, byte != 0x04 else { throw P2PCopyError(.cancelled, "interrupted") }
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        guard line[..<count].contains(where: { $0 != 0x20 && $0 != 0x09 }) else {
          // Pasted with a line end in front, or nothing typed yet.
          count = 0
          show("\n\(prompt)", on: terminal)
          continue
        }
        return try PairingCode(
          SecretBytes(copying: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: line[..<count]))))
      case 0x7F, 0x08:
        // Back over one character: its continuation bytes, then its first.
        while count > 0, line[count - 1] & 0xC0 == 0x80 { count -= 1 }
        count = max(0, count - 1)
      case 0x15: count = 0
      default:
        guard count < line.count else { continue }
        line[count] = byte
        count += 1
      }
    }
  }

  private static func show(_ text: String, on terminal: Int32) {
    _ = text.withCString { write(terminal, $0, strlen($0)) }
  }
}
