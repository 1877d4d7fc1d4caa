import P2PCopyCore
import P2PCopyPlatform

/// Finds the codes among arguments: where one belongs, where one stands by mistake, and whatever looks like a generated one.
///
/// An argument too many that is concealed costs nothing: it is still used as it was given. One too few stays visible in
/// `ps`, and an error may print it.
struct CodeSearch {
  /// The options that take a value in the argument behind them.
  static let optionsWithValue: Set<String> = [
    "--relay", "--code-file", "--wait", "--retry-for", "--connections", "--deadline", "--ca-file", "--proxy",
    "--compress",
    "--listen", "--out",
    "--on-conflict", "--protocol", "--digest", "--receipt", "--sign", "--bag-info", "--checksums", "--exclude",
    "--include", "--files-from",
    "--links", "--compressor",
    "--level", "--limit-rate", "--cipher", "--codec", "--stdin-name", "--max-bytes", "--max-files",
  ]

  /// The arguments, without the program's name.
  let arguments: [UnsafeRawBufferPointer]
  /// Whether the environment has a code.
  let isCodeGiven: Bool
  /// Whether the environment has a relay.
  let isRelayGiven: Bool

  /// Where the codes stand: for each argument that has one, which of its bytes.
  func ranges() -> [Int: Range<Int>] {
    var ranges: [Int: Range<Int>] = [:]
    for (index, argument) in arguments.enumerated() {
      if let range = Self.generatedCode(in: argument) { ranges[index] = range }
    }
    // What a shell asks when it completes an argument names options where there are none otherwise.
    guard arguments.first?.elementsEqual("---completion".utf8) != true,
      let command = arguments.firstIndex(where: { $0.elementsEqual("send".utf8) || $0.elementsEqual("receive".utf8) })
    else { return ranges }
    let isSending = arguments[command].elementsEqual("send".utf8)
    let found = scan(from: command + 1)
    for (index, start) in found.values where ranges[index] == nil { ranges[index] = start..<arguments[index].count }
    for index in misplaced(found, isSending: isSending) where ranges[index] == nil {
      ranges[index] = 0..<arguments[index].count
    }
    return ranges
  }

  // MARK: - By place

  private struct Found {
    /// The arguments that are no options.
    var positional: [Int] = []
    /// The values that are codes by their option, or where they begin in `--option=value`.
    var values: [(index: Int, start: Int)] = []
    var isCodeGiven = false
    var isRelayGiven = false
  }

  private func scan(from start: Int) -> Found {
    var found = Found(isCodeGiven: isCodeGiven, isRelayGiven: isRelayGiven)
    var index = start
    var isRelayLast = false
    while index < arguments.count {
      defer { index += 1 }
      let argument = arguments[index]
      let isDash = argument.count == 1
      if argument.first != UInt8(ascii: "-") || isDash || (isRelayLast && isWord(argument)) {
        isRelayLast = isRelay(argument)
        found.positional.append(index)
        continue
      }
      if argument.elementsEqual("--".utf8) {
        found.positional += (index + 1)..<arguments.count
        break
      }
      let end = argument.firstIndex(of: UInt8(ascii: "=")) ?? argument.count
      let name = String(decoding: argument[..<end], as: UTF8.self)
      let takesNext = end == argument.count && Self.optionsWithValue.contains(name) && index + 1 < arguments.count
      switch name {
      case "--relay": found.isRelayGiven = true
      case "--code-file":
        found.isCodeGiven = true
        // Instead of a file's name the code itself.
        if takesNext {
          if !isFile(arguments[index + 1]) { found.values.append((index + 1, 0)) }
        } else if end < argument.count, !isFile(UnsafeRawBufferPointer(rebasing: argument[(end + 1)...])) {
          found.values.append((index, end + 1))
        }
      case "--code":
        // There is no such option, and it is the one that somebody would guess.
        if end < argument.count {
          found.values.append((index, end + 1))
        } else if index + 1 < arguments.count {
          found.values.append((index + 1, 0))
        }
      default: break
      }
      if takesNext { index += 1 }
    }
    return found
  }

  /// The positional arguments that are codes or could be.
  private func misplaced(_ found: Found, isSending: Bool) -> [Int] {
    let positional = found.positional
    let relay = positional.indices.first { isRelay(arguments[positional[$0]]) }
    // A receiver takes a relay and a code, so what is no relay may be a code.
    guard isSending else {
      return positional.filter { !isRelay(arguments[$0]) && !isOnlyAPath($0) }
    }
    guard let relay else {
      // Somebody who names the relay in another way may still write the code where it stands otherwise.
      guard found.isRelayGiven, !found.isCodeGiven, let first = positional.first, !isOnlyAPath(first) else { return [] }
      return [first]
    }
    var indices: [Int] = []
    if relay > 0, !isOnlyAPath(positional[relay - 1]) { indices.append(positional[relay - 1]) }
    if relay + 1 < positional.count, !isOnlyAPath(positional[relay + 1]) { indices.append(positional[relay + 1]) }
    return indices
  }

  /// Whether something of that name is there.
  private func isOnlyAPath(_ index: Int) -> Bool { FileName.exists(arguments[index]) }

  private func isFile(_ name: UnsafeRawBufferPointer) -> Bool {
    name.elementsEqual("-".utf8) || FileName.exists(name)
  }

  private func isRelay(_ argument: UnsafeRawBufferPointer) -> Bool {
    argument.contains("://".utf8) || (RelayForm.isHostAndPort(argument) && !FileName.exists(argument))
  }

  /// Whether it begins with one dash and is longer than a letter: a code behind a relay rather than an option.
  private func isWord(_ argument: UnsafeRawBufferPointer) -> Bool {
    argument.count > 2 && argument[1] != UInt8(ascii: "-")
  }

  // MARK: - By form

  /// The bytes of an argument that are a generated code: all of them, or those behind its first `=`, as in
  /// `P2P_COPY_CODE=…` or `--code=…`; for protocol 1 with `n=N=n` in front. What is set by `P2P_COPY_CODE=` is one in any
  /// case.
  private static func generatedCode(in argument: UnsafeRawBufferPointer) -> Range<Int>? {
    let all = 0..<argument.count
    if PairingCode.isGenerated(argument) { return all }
    guard let equals = argument.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let value = (equals + 1)..<argument.count
    if argument.starts(with: "P2P_COPY_CODE=".utf8) { return value.isEmpty ? nil : value }
    if PairingCode.isGenerated(UnsafeRawBufferPointer(rebasing: argument[value])) { return value }
    guard argument.starts(with: "n=".utf8), let second = argument[value].firstIndex(of: UInt8(ascii: "=")),
      second + 2 < argument.count, argument[second + 1] == UInt8(ascii: "n"),
      PairingCode.isGenerated(UnsafeRawBufferPointer(rebasing: argument[(second + 2)...]))
    else { return nil }
    return all
  }
}
