public import P2PCopyCore

/// Checks a tree against a receipt: whether everything that the receipt lists is there, byte for byte.
///
/// What lies there beyond the receipt, modes and times are not looked at.
///
/// ```swift
/// let verification = try ReceiptVerification(receiptFile: "receipt.json", codecs: codecs)
/// let result = try verification.verify(directory: "downloads")
/// if let error = result.error { throw error }
/// ```
public struct ReceiptVerification: Sendable {
  /// How many problems a result names; the others are counted.
  public static let maximumProblemCount = 1000

  private let path: LocalPath
  private let file: ReceiptFile
  private let content: ReceiptContent
  private let digest: any Digest

  /// Reads a receipt, all of it, for its form.
  ///
  /// - Parameters:
  ///   - receiptFile: The path of a receipt. It is untrusted: nothing in it reaches outside the directory checked.
  ///   - codecs: Where to look for the digest that the receipt names.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the file cannot be read or is no receipt,
  ///   ``P2PCopyError/Code/noCommonCodec`` when the digest is not here.
  public init(receiptFile: LocalPath, codecs: CodecRegistry) throws(P2PCopyError) {
    path = receiptFile
    file = try ReceiptFile(opening: receiptFile)
    content = try ReceiptReader.read(file) { (_, _) throws(P2PCopyError) in }
    guard let name = content.digest else { throw file.malformed("it names no digest") }
    guard let digest = codecs.digest(named: name) else {
      let known = codecs.digests.map(\.name.description).joined(separator: ", ")
      throw P2PCopyError(
        .noCommonCodec,
        "the digests in '\(file.shownPath)' are of kind '\(name)', and this build has \(known.isEmpty ? "none" : known)"
      )
    }
    if let byteCount = content.digestByteCount, byteCount != digest.byteCount {
      throw file.malformed("a digest of kind '\(name)' has \(digest.byteCount) bytes, not \(byteCount)")
    }
    self.digest = content.chunkByteCount.map { ChunkedDigest(of: digest, chunkByteCount: $0) } ?? digest
  }

  /// The same with the path as text.
  public init(receiptFile: String, codecs: CodecRegistry) throws(P2PCopyError) {
    try self.init(receiptFile: LocalPath(receiptFile), codecs: codecs)
  }

  /// Whether everything of the transfer arrived, as the receipt has it.
  public var isComplete: Bool { content.totals.isComplete }

  /// How many entries the receipt lists.
  public var entryCount: Int {
    content.computed.fileCount + content.computed.directoryCount + content.computed.linkCount
  }

  /// Bytes of content of all files that the receipt lists.
  public var byteCount: Int64 { content.computed.byteCount }

  /// Checks that one of some keys has signed the receipt: that of ``SendOptions/signingKeyFile``, or `ssh-keygen -Y sign -n
  /// p2p-copy`. The signature is in a file of the receipt's name with `.sig` at the end.
  ///
  /// - Parameter signers: A public key of OpenSSH, or a list of allowed signers, of which only the keys count.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when one of the files cannot be read, with
  ///   ``P2PCopyError/Code/checksumMismatch`` when none of the keys has signed the receipt as it is.
  public func checkSignature(by signers: LocalPath) throws(P2PCopyError) {
    let keys = try SSHSigners(file: signers).keys
    let text = try SSHFile.read(SSHSignature.file(of: path), limit: SSHSignature.maximumByteCount)
    guard let signature = SSHSignature(armored: text), signature.namespace == SSHSigningKey.namespace else {
      throw P2PCopyError(
        .checksumMismatch,
        "'\(SSHSignature.file(of: path))' is no signature of an Ed25519 key for \(SSHSigningKey.namespace)")
    }
    let digest = try file.digest()
    guard keys.contains(where: { signature.isValid(by: $0, digest: digest) }) else {
      throw P2PCopyError(
        .checksumMismatch, "no key in '\(signers)' has signed the receipt '\(file.shownPath)' as it is")
    }
  }

  /// Checks a tree.
  ///
  /// - Parameters:
  ///   - directory: Where the tree was received, or, at the sender, what contains the things that were sent.
  ///   - progress: Called after every entry and every MiB. Counts entries where it says files.
  /// - Returns: What was found; differences are not thrown.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the directory or the receipt cannot be read,
  ///   ``P2PCopyError/Code/cancelled`` when the task is cancelled.
  public func verify(
    directory: LocalPath, progress: (TransferProgress) -> Void = { _ in }
  ) throws(P2PCopyError) -> Result {
    let tree = try VerifiedTree(path: directory)
    let checker = try EntryChecker(digest: digest)
    var state = TransferProgress()
    state.totalByteCount = byteCount
    state.totalFileCount = entryCount
    var done = SaturatingCount<Int64>()
    var read = SaturatingCount<Int64>()
    var result = Result(receipt: file.shownPath, content: content)
    let again = try ReceiptReader.read(file) { (entry, path) throws(P2PCopyError) in
      guard !Task.isCancelled else { throw P2PCopyError(.cancelled, "interrupted") }
      if entry.kind == .file { state.currentPath = EntryPath(path) }
      let before = done
      let problem = try checker.check(entry, path, in: tree) { count in
        done += count
        read += count
        state.byteCount = done.value
        state.transferredByteCount = read.value
        progress(state)
      }
      // What did not have to be read counts as done.
      done = before
      done += entry.byteCount
      state.byteCount = done.value
      state.fileCount += 1
      result.add(problem)
      progress(state)
    }
    guard again.computed == content.computed else {
      throw P2PCopyError(.usage, "the receipt '\(file.shownPath)' changed while it was used", remedy: .runAgain)
    }
    return result
  }

  /// The same with the path as text.
  public func verify(
    directory: String, progress: (TransferProgress) -> Void = { _ in }
  ) throws(P2PCopyError) -> Result {
    try verify(directory: LocalPath(directory), progress: progress)
  }
}
