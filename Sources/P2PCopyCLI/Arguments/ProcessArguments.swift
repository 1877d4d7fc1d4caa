import P2PCopyPlatform

/// The process's own arguments and environment, which other users of the machine can read while it runs.
enum ProcessArguments {
  /// Takes arguments and code, and overwrites every code where the process got it.
  ///
  /// It has been visible for a moment: a file, the environment or the prompt is the better place for a code.
  ///
  /// - Returns: The arguments without the program's name, and the code of `P2P_COPY_CODE`.
  static func take() -> (arguments: GivenArguments, environmentCode: ConcealedCode?) {
    let environmentCode = takeCode(from: "P2P_COPY_CODE")
    let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { UnsafeMutableRawBufferPointer(start: $0, count: strlen($0)) }
    }
    let readable = arguments.map { UnsafeRawBufferPointer($0) }
    let ranges = CodeSearch(
      arguments: readable, isCodeGiven: environmentCode != nil,
      isRelayGiven: Environment.has("P2P_COPY_RELAY") || Settings.location() != nil
    ).ranges()
    let given = GivenArguments(readable, concealing: ranges)
    for (index, range) in ranges {
      UnsafeMutableRawBufferPointer(rebasing: arguments[index][range]).initializeMemory(
        as: UInt8.self, repeating: UInt8(ascii: "*"))
    }
    return (given, environmentCode)
  }

  /// The value of a variable, which is gone from the environment afterwards.
  private static func takeCode(from name: String) -> ConcealedCode? {
    guard let value = getenv(name) else { return nil }
    let count = strlen(value)
    defer {
      explicit_bzero(value, count)
      unsetenv(name)
    }
    return count == 0 ? nil : ConcealedCode(copying: UnsafeRawBufferPointer(start: value, count: count))
  }
}
