import Glibc

/// The process's own argument list, which every user of the machine can read with `ps`.
enum ProcessArguments {
  /// Overwrites a code that was given as an argument.
  ///
  /// It has been visible for a moment: a file, the environment or the prompt is the better place for a code.
  static func concealCode(_ arguments: [String]) {
    guard let command = arguments.first, command == "send" || command == "receive",
      let relayIndex = arguments.firstIndex(where: { $0.contains("://") }), !isOptionValue(arguments, relayIndex),
      let codeIndex = arguments.indices.first(where: { index in
        index > relayIndex && !arguments[index].hasPrefix("-") && !isOptionValue(arguments, index)
      })
    else { return }
    // The first of the C strings is the program's name.
    guard let argument = CommandLine.unsafeArgv[codeIndex + 1] else { return }
    memset(argument, Int32(UInt8(ascii: "*")), strlen(argument))
  }

  private static let optionsWithValue: Set<String> = [
    "--relay", "--code-file", "--wait", "--ca-file", "--compress", "--listen", "--out", "--on-conflict",
  ]

  private static func isOptionValue(_ arguments: [String], _ index: Int) -> Bool {
    index > 0 && optionsWithValue.contains(arguments[index - 1])
  }
}
