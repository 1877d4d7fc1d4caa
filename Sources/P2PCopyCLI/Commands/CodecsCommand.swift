import ArgumentParser
import P2PCopyCore

struct CodecsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "codecs",
    abstract: "List the codecs this binary has, with their parameters.",
    discussion: """
      Within a kind the order is the order of preference; ciphers that this machine has instructions for come first. A \
      parameter is set as it is printed: --codec zstd.level=9 for send or receive.
      """)

  @OptionGroup var output: OutputOptions

  func run() throws {
    let registry = CommandLineTool.codecs
    guard output.json else { return try Console.output(CodecList.text(for: registry)) }
    for kind in CodecKind.allCases {
      for codec in registry.codecs(of: kind) { try Console.output(CommandLines.codec(codec, kind).text) }
    }
  }
}
