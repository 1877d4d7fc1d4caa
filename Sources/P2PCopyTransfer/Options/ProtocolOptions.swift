package import P2PCopyCore
import P2PCopyFiles

/// An option that not every transfer has a use for. Who sets one counts on what it does, so that it is refused where it
/// would be ignored.
package enum RestrictedOption: String, CaseIterable {
  case cipher, keepsMetadata, keepsSetID, receiptFile, checksumsFile, rules, fileList, links, completesFiles,
    retryDuration, connections, acceptsGrowingFiles, maximumByteCount, maximumFileCount, comparesContent, trustsTimes,
    keepsJournal, signingKeyFile, bagInformation

  /// What a caller of this library knows it by.
  package var propertyName: String { rawValue }
}

extension SendOptions {
  /// Refuses what the protocol that was chosen would ignore. Sending begins with it.
  ///
  /// - Parameter name: What the caller calls an option.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func check(naming name: (RestrictedOption) -> String = \.propertyName) throws(P2PCopyError) {
    try checkRate()
    try RestrictedOption.checkSigning(receiptFile, signingKeyFile, naming: name)
    guard transferProtocol == .one else { return }
    let used =
      usedSelection
      + [
        (.cipher, cipher != nil), (.keepsMetadata, !keepsMetadata), (.receiptFile, receiptFile != nil),
        (.checksumsFile, checksumsFile != nil), (.retryDuration, (retryDuration ?? .zero) > .zero),
        (.connections, connections != .automatic), (.comparesContent, comparesContent),
        (.signingKeyFile, signingKeyFile != nil),
      ].used
    try RestrictedOption.refuseInProtocol1(used, naming: name)
  }

  /// Refuses what has no meaning for a stream, which is not looked for in a tree.
  ///
  /// - Parameter name: What the caller calls an option.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func checkForStream(
    naming name: (RestrictedOption) -> String = \.propertyName
  ) throws(P2PCopyError) {
    try checkRate()
    try RestrictedOption.checkSigning(receiptFile, signingKeyFile, naming: name)
    guard transferProtocol == .two else {
      throw P2PCopyError(.usage, "protocol 1 cannot send a stream, such as standard input", remedy: .useProtocol2)
    }
    let used = usedSelection
    guard used.isEmpty else {
      throw P2PCopyError(
        .usage,
        "a stream, such as standard input, is one file, and \(used.map(name).joined(separator: ", ")) is for files that are looked for",
        remedy: .leaveOut)
    }
  }

  private func checkRate() throws(P2PCopyError) {
    guard let rateLimit, rateLimit < Self.minimumRateLimit else { return }
    throw P2PCopyError(
      .usage, "a limit of \(rateLimit) bytes a second is too low: the least is \(Self.minimumRateLimit)")
  }

  /// What chooses among entries.
  private var usedSelection: [RestrictedOption] {
    [
      (.rules, !rules.isEmpty), (.fileList, fileList != nil), (.links, links != .keep),
      (.acceptsGrowingFiles, acceptsGrowingFiles),
    ].used
  }
}

extension ReceiveOptions {
  /// Refuses what the protocol that was chosen would ignore. Receiving begins with it.
  ///
  /// - Parameter name: What the caller calls an option.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  package func check(naming name: (RestrictedOption) -> String = \.propertyName) throws(P2PCopyError) {
    guard !comparesContent || !trustsTimes else {
      throw P2PCopyError(
        .usage, "\(name(.comparesContent)) and \(name(.trustsTimes)) exclude each other", remedy: .leaveOut)
    }
    try RestrictedOption.checkSigning(receiptFile, signingKeyFile, naming: name)
    guard transferProtocol == .one else {
      guard !completesFiles else {
        throw P2PCopyError(
          .usage, "\(name(.completesFiles)) is for protocol 1: protocol 2 goes on by itself", remedy: .leaveOut)
      }
      return
    }
    let used = [
      (RestrictedOption.keepsMetadata, !keepsMetadata), (.keepsSetID, keepsSetID), (.receiptFile, receiptFile != nil),
      (.checksumsFile, checksumsFile != nil), (.retryDuration, (retryDuration ?? .zero) > .zero),
      (.connections, connections != .automatic), (.maximumByteCount, maximumByteCount != nil),
      (.maximumFileCount, maximumFileCount != nil),
      (.comparesContent, comparesContent), (.trustsTimes, trustsTimes), (.keepsJournal, !keepsJournal),
      (.signingKeyFile, signingKeyFile != nil), (.bagInformation, bagInformation != nil),
    ].used
    try RestrictedOption.refuseInProtocol1(used, naming: name)
  }
}

extension RestrictedOption {
  fileprivate static func checkSigning(
    _ receiptFile: LocalPath?, _ signingKeyFile: LocalPath?, naming name: (RestrictedOption) -> String
  ) throws(P2PCopyError) {
    guard signingKeyFile != nil, receiptFile == nil else { return }
    throw P2PCopyError(
      .usage,
      "\(name(.signingKeyFile)) signs a receipt, and there is none: \(name(.receiptFile)) says where it shall be")
  }

  fileprivate static func refuseInProtocol1(
    _ used: [RestrictedOption], naming name: (RestrictedOption) -> String
  ) throws(P2PCopyError) {
    guard !used.isEmpty else { return }
    throw P2PCopyError(
      .usage, "protocol 1 has no \(used.map(name).joined(separator: ", "))",
      remedy: .useProtocol2)
  }
}

extension [(RestrictedOption, Bool)] {
  /// The options that were asked for.
  fileprivate var used: [RestrictedOption] { filter(\.1).map(\.0) }
}
