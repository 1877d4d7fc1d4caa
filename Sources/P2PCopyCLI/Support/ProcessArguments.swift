import Glibc

/// The process's own argument list, which every user of the machine can read with `ps`.
enum ProcessArguments {
  private static let optionsWithValue: Set<String> = [
    "--relay", "--code-file", "--wait", "--ca-file", "--compress", "--listen", "--out", "--on-conflict", "--protocol",
    "--digest", "--receipt", "--checksums", "--exclude", "--include", "--files-from", "--links", "--compressor",
    "--level", "--cipher", "--stdin-name",
  ]

  /// The arguments without the program's name, as the parser takes them.
  static func texts() -> [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { start in
        ArgumentText.encode(UnsafeRawBufferPointer(start: start, count: strlen(start)))
      }
    }
  }

  /// Overwrites a code that was given as an argument.
  ///
  /// It has been visible for a moment: a file, the environment or the prompt is the better place for a code.
  static func concealCode(_ arguments: [String]) {
    // The first of the C strings is the program's name.
    guard let index = codeIndex(arguments), let argument = CommandLine.unsafeArgv[index + 1] else { return }
    memset(argument, Int32(UInt8(ascii: "*")), strlen(argument))
  }

  /// Where the code stands: the second positional argument of `send` and `receive`, if the first is a URL.
  static func codeIndex(_ arguments: [String]) -> Int? {
    guard let command = arguments.first, command == "send" || command == "receive" else { return nil }
    var positional: [Int] = []
    var index = 1
    while index < arguments.count, positional.count < 2 {
      if arguments[index] == "--" {
        positional += (index + 1)..<arguments.count
        break
      } else if optionsWithValue.contains(arguments[index]) {
        index += 1
      } else if !arguments[index].hasPrefix("-") {
        positional.append(index)
      }
      index += 1
    }
    guard positional.count > 1, arguments[positional[0]].contains("://") else { return nil }
    return positional[1]
  }
}
