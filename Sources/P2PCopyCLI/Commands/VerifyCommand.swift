import ArgumentParser
import P2PCopy
import P2PCopyCore

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check files against the receipt of their transfer.",
    discussion: """
      DIR is where the files were received (--out), or, at the sender, the directory that contains what was sent. \
      Everything the receipt lists is read and compared: kind, size, content, targets of symbolic links. What lies there \
      beyond the receipt, permissions and times are not looked at. Nothing is changed.

      The exit status is 0 only when everything matches and the receipt is that of a complete transfer: 9 when something \
      differs, 14 when everything listed matches, but not everything had arrived.

      EXAMPLE
        p2p-copy verify downloads receipt.json
        p2p-copy verify downloads receipt.json --signer ~/.ssh/id_ed25519.pub
      """)

  @Argument(
    help: ArgumentHelp("The directory that the receipt's names are relative to.", valueName: "dir"),
    completion: .directory)
  var directory: LocalPath

  @Argument(help: ArgumentHelp("The receipt.", valueName: "receipt"))
  var receipt: LocalPath

  @Option(
    help: ArgumentHelp(
      "Check also that one of these keys has signed the receipt: a public key, or a list of allowed signers.",
      valueName: "file"))
  var signer: LocalPath?

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let verification = try ReceiptVerification(receiptFile: receipt, codecs: CommandLineTool.codecs)
    if let signer { try verification.checkSignature(by: signer) }
    var view = VerificationView(isShown: !quiet && Console.isTerminal)
    let result: ReceiptVerification.Result
    do {
      defer { view.clear() }
      result = try verification.verify(directory: directory) { view.show($0) }
    }
    for line in VerificationReport.problemLines(result) { Console.error(line) }
    // What was found comes before whether it could be printed.
    let printing = Result {
      if output.json {
        for problem in result.problems { try Console.output(CommandLines.difference(problem).text) }
        try Console.output(CommandLines.verified(result).text)
      }
      guard !quiet else { return }
      if output.json {
        Console.error(VerificationReport.summary(result))
      } else {
        try Console.output(VerificationReport.summary(result))
      }
    }
    if let error = result.error { throw error }
    try printing.get()
  }
}
