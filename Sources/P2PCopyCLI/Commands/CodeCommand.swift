import ArgumentParser
import P2PCopy

struct CodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code",
    abstract: "Print a fresh code, for scripts that start both sides.",
    discussion: """
      The six digits are for the relay and public, the two words are the secret. A code is for one transfer.

      EXAMPLE
        P2P_COPY_CODE=$(p2p-copy code)
      """)

  @OptionGroup var output: OutputOptions

  func run() throws {
    let code = GeneratedCode.make(for: .two)
    try output.output(code, as: CommandLines.code(code))
  }
}
