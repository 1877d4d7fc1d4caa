import Glibc
import P2PCopyCore

/// Where a code comes from when it is not an argument: a file, the environment, a prompt.
enum CodeSource {
  /// The code from the file or the environment, `nil` when neither is given.
  static func given(codeFile: LocalPath?) throws(P2PCopyError) -> PairingCode? {
    if let codeFile { return try read(file: codeFile) }
    guard let value = Environment.value("P2P_COPY_CODE") else { return nil }
    return try PairingCode(value)
  }

  /// The code from the file, the environment, or the person at the terminal.
  static func read(codeFile: LocalPath?) throws(P2PCopyError) -> PairingCode {
    if let code = try given(codeFile: codeFile) { return code }
    guard let code = try TerminalPrompt.secret("code: ") else {
      throw P2PCopyError(
        .usage, "no code: give --code-file FILE or P2P_COPY_CODE, or run at a terminal, where it is asked for")
    }
    return code
  }

  /// The first line of a file, without its end.
  private static func read(file: LocalPath) throws(P2PCopyError) -> PairingCode {
    func fail() -> P2PCopyError {
      let text = String(cString: strerror(errno))
      return P2PCopyError(.usage, "cannot read the code from '\(file)': \(text)")
    }
    let descriptor = file == "-" ? STDIN_FILENO : file.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw fail() }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }

    let limit = PairingCode.maximumByteCount + 2
    let line = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 1)
    defer {
      if let start = line.baseAddress { explicit_bzero(start, limit) }
      line.deallocate()
    }
    var count = 0
    while count < limit, let start = line.baseAddress {
      let result = Glibc.read(descriptor, start + count, 1)
      if result < 0, errno == EINTR { continue }
      if result < 0 { throw fail() }
      if result == 0 || line[count] == UInt8(ascii: "\n") { break }
      count += 1
    }
    if count > 0, line[count - 1] == UInt8(ascii: "\r") { count -= 1 }
    return try PairingCode(
      SecretBytes(copying: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: line[..<count]))))
  }
}
