import P2PCopyCore
import P2PCopyPlatform

/// Where a code comes from when it is not an argument: a file, the environment, a prompt.
enum CodeSource {
  /// The code from the file or the environment, `nil` when neither is given.
  static func given(codeFile: LocalPath?) throws(P2PCopyError) -> PairingCode? {
    if let codeFile { return try read(file: codeFile) }
    return try CommandLineTool.environmentCode?.pairingCode()
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

  /// The first line of a file that is not blank, without its end.
  private static func read(file: LocalPath) throws(P2PCopyError) -> PairingCode {
    func fail() -> P2PCopyError {
      // Without its name: it is where somebody writes the code itself.
      P2PCopyError(
        .usage,
        "cannot read the code from the file that --code-file names: \(String(cString: strerror(errno)));"
          + " 'p2p-copy code >FILE' makes one")
    }
    let descriptor = file == "-" ? STDIN_FILENO : file.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw fail() }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }

    // Room for what is taken off a pasted code besides.
    let limit = PairingCode.maximumByteCount + 2
    let line = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 1)
    defer {
      if let start = line.baseAddress { explicit_bzero(start, limit) }
      line.deallocate()
    }
    // Space, tab, and the byte-order mark with which some editors begin a file.
    let blank: [UInt8] = [0x20, 0x09, 0xEF, 0xBB, 0xBF]
    var count = 0
    while count < limit, let start = line.baseAddress {
      let result = Glibc.read(descriptor, start + count, 1)
      if result < 0, errno == EINTR { continue }
      if result < 0 { throw fail() }
      if result == 0 { break }
      let isLineEnd = line[count] == UInt8(ascii: "\n") || line[count] == UInt8(ascii: "\r")
      if isLineEnd {
        if line[..<count].contains(where: { !blank.contains($0) }) { break }
        count = 0
      } else {
        count += 1
      }
    }
    return try PairingCode(
      SecretBytes(copying: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: line[..<count]))))
  }
}
