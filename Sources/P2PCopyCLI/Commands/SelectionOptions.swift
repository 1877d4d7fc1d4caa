import ArgumentParser
import P2PCopy
import P2PCopyPlatform

/// Which entries `send` takes, and what of them.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Leave out what matches a pattern, as rsync means it: *, ?, [a-z], ** across '/', a leading '/' for the top of \
      what is sent, a trailing '/' for directories only. May be repeated; of --include and --exclude the first that \
      matches decides.
      """, valueName: "pattern"))
  var exclude: [String] = []

  @Option(help: ArgumentHelp("Take what matches a pattern, before a later --exclude.", valueName: "pattern"))
  var include: [String] = []

  @Option(
    help: ArgumentHelp(
      "Send only the paths in this file, one a line, relative to the one directory given ('-' for standard input).",
      valueName: "file"))
  var filesFrom: LocalPath?

  @Option(
    help: ArgumentHelp(
      "Symbolic links: keep (as links), follow (what they lead to), skip.", valueName: "keep|follow|skip"))
  var links = LinkPolicy.keep

  @Flag(inversion: .prefixedNo, help: "Send modes and times along.")
  var metadata = true

  /// The rules in the order in which they stand on the command line.
  static func rules(in given: GivenArguments) -> FilterRules {
    let arguments = given.texts
    var rules: [FilterRule] = []
    var index = 0
    while index < arguments.count, arguments[index] != "--" {
      for (option, action) in [("--include", FilterRule.Action.include), ("--exclude", .exclude)] {
        if arguments[index] == option, index + 1 < arguments.count {
          index += 1
          rules.append(FilterRule(action, given.bytes(for: arguments[index])))
          break
        } else if arguments[index].hasPrefix(option + "=") {
          rules.append(FilterRule(action, given.bytes(for: arguments[index].dropFirst(option.count + 1))))
        }
      }
      index += 1
    }
    return FilterRules(rules)
  }

  /// The paths in the file of `--files-from`; `nil` without one.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it cannot be read.
  func fileList() throws(P2PCopyError) -> [LocalPath]? {
    guard let filesFrom else { return nil }
    let bytes = try InputFile.read(filesFrom, limit: 1 << 30)
    return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
      LocalPath(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
  }
}
