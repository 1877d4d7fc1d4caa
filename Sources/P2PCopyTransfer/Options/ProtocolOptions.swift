package import P2PCopyCore
import P2PCopyFiles

/// An option that not every transfer has a use for.
struct RestrictedOption {
  /// Its name in this library.
  package var name: String
  /// Its name on the command line.
  package var argument: String
  /// Whether it was asked for.
  var isUsed: Bool

  package init(_ name: String, _ argument: String, isUsed: Bool) {
    self.name = name
    self.argument = argument
    self.isUsed = isUsed
  }

  /// Refuses options that would be ignored: who sets one counts on what it does.
  ///
  /// - Parameters:
  ///   - options: The options that `user` has no use for.
  ///   - user: Who that is, such as `protocol 1`.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` that names those that were asked for.
  package static func refuse(_ options: [RestrictedOption], with user: String) throws(P2PCopyError) {
    let used = options.filter(\.isUsed).map { "\($0.argument) (\($0.name))" }
    guard !used.isEmpty else { return }
    throw P2PCopyError(
      .usage, "\(user) has no \(used.joined(separator: ", ")): leave that out, or use protocol 2 for it")
  }
}

extension SendOptions {
  /// Refuses what the protocol that was chosen would ignore. Sending begins with it.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func check() throws(P2PCopyError) {
    guard transferProtocol == .one else { return }
    try RestrictedOption.refuse(
      selection + [
        RestrictedOption("cipher", "--cipher", isUsed: cipher != nil),
        RestrictedOption("keepsMetadata", "--no-metadata", isUsed: !keepsMetadata),
        RestrictedOption("receiptFile", "--receipt", isUsed: receiptFile != nil),
        RestrictedOption("checksumsFile", "--checksums", isUsed: checksumsFile != nil),
      ], with: "protocol 1")
  }

  /// Refuses what has no meaning for standard input, which is not looked for in a tree.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func checkForStandardInput() throws(P2PCopyError) {
    guard transferProtocol == .two else {
      throw P2PCopyError(.usage, "protocol 1 cannot send standard input; use protocol 2")
    }
    let used = selection.filter(\.isUsed).map { "\($0.argument) (\($0.name))" }
    guard used.isEmpty else {
      throw P2PCopyError(
        .usage, "standard input is one file, and \(used.joined(separator: ", ")) is for trees: leave that out")
    }
  }

  /// What chooses among entries.
  private var selection: [RestrictedOption] {
    [
      RestrictedOption("rules", "--include, --exclude", isUsed: !rules.isEmpty),
      RestrictedOption("fileList", "--files-from", isUsed: fileList != nil),
      RestrictedOption("links", "--links", isUsed: links != .keep),
    ]
  }
}

extension ReceiveOptions {
  /// Refuses what the protocol that was chosen would ignore. Receiving begins with it.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func check() throws(P2PCopyError) {
    guard transferProtocol == .one else {
      guard !completesFiles else {
        throw P2PCopyError(
          .usage, "--resume (completesFiles) is for protocol 1: protocol 2 goes on by itself; leave that out")
      }
      return
    }
    try RestrictedOption.refuse(
      [
        RestrictedOption("keepsMetadata", "--no-metadata", isUsed: !keepsMetadata),
        RestrictedOption("keepsSetID", "--keep-set-id", isUsed: keepsSetID),
        RestrictedOption("receiptFile", "--receipt", isUsed: receiptFile != nil),
        RestrictedOption("checksumsFile", "--checksums", isUsed: checksumsFile != nil),
      ], with: "protocol 1")
  }
}
