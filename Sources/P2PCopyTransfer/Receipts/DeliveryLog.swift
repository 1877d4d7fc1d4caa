package import P2PCopyCore
package import P2PCopyFiles
import P2PCopyPlatform
import Synchronization

/// What a transfer is to write besides what it transfers.
package struct DeliveryFiles: Sendable {
  /// Where the receipt shall be.
  package var receiptFile: LocalPath?
  /// The key that signs it.
  package var signingKeyFile: LocalPath?
  /// Where the list of checksums shall be.
  package var checksumsFile: LocalPath?
  /// The bag that the payload belongs to.
  package var bag: (directory: LocalPath, information: BagInformation)?

  package init() {}

  /// Where something shall be.
  package var places: [LocalPath?] {
    [receiptFile, checksumsFile, signingKeyFile == nil ? nil : receiptFile.map(SSHSignature.file)]
  }

  /// Whether the digest has to be the one that lists of checksums are made of.
  package var needChecksumsDigest: Bool { checksumsFile != nil || bag != nil }
}

/// Where a session writes down what is in place: the receipt and the list of checksums, each if it was asked for.
package final class DeliveryLog: Sendable {
  /// The digest that a list of checksums needs.
  package static let checksumsDigest: CodecName = "sha256"

  private struct Counts {
    var files = 0
    var directories = 0
    var links = 0
    var bytes = SaturatingCount<Int64>()
    var failures = 0
    /// An entry that is in place where one of the files shall be.
    var inTheWay: P2PCopyError?
  }

  private let receipt: ReceiptWriter?
  private let checksums: ChecksumListWriter?
  private let bag: BagWriter?
  private let counts = Mutex(Counts())

  /// The files that it writes.
  package let ownFiles: OwnFiles
  /// Where a receiver puts what it receives; missing at a sender, and for standard output.
  private let output: HeldDirectory?

  /// Makes the files under temporary names, so that what cannot be written is known before anything is sent.
  ///
  /// - Parameters:
  ///   - files: What is to be written.
  ///   - outputPath: Where a receiver puts what it receives.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` or ``P2PCopyError/Code/destinationUnwritable``.
  package init(_ files: DeliveryFiles, outputPath: LocalPath? = nil) throws(P2PCopyError) {
    var signingKey: SSHSigningKey?
    if let file = files.signingKeyFile { signingKey = try SSHSigningKey(file: file) }
    receipt =
      if let receiptFile = files.receiptFile {
        try ReceiptWriter(file: receiptFile, signingKey: signingKey)
      } else {
        nil
      }
    bag = if let bag = files.bag { try BagWriter(directory: bag.directory, information: bag.information) } else { nil }
    var ownFiles = OwnFiles()
    try receipt?.add(to: &ownFiles)
    checksums =
      if let checksumsFile = files.checksumsFile { try ChecksumListWriter(file: checksumsFile) } else { nil }
    try checksums?.add(to: &ownFiles)
    guard Set(ownFiles.places).count == ownFiles.places.count else {
      throw P2PCopyError(
        .usage, "the receipt and the list of checksums cannot be the same file; give two; nothing was sent")
    }
    self.ownFiles = ownFiles
    guard let outputPath, !ownFiles.isEmpty else {
      output = nil
      return
    }
    do throws(SystemError) {
      output = HeldDirectory(try FileDescriptor(opening: outputPath.bytes, flags: FileDescriptor.placeFlags))
    } catch {
      throw P2PCopyError(
        .destinationUnwritable,
        "cannot use '\(outputPath)' as output directory: \(error)", cause: error)
    }
  }

  /// Whether modes and times are written down.
  package var recordsMetadata: Bool { receipt != nil }

  /// The session begins.
  package func begin(role: PeerRole, _ digests: DigestContexts) {
    receipt?.begin(
      role: role, digest: digests.digest.name, chunkByteCount: digests.isChunked ? digests.chunkByteCount : nil)
  }

  /// An entry is in place. Entries come in the order of the manifest.
  package func add(_ entry: DeliveredEntry) {
    let inTheWay = isOwnPlace(entry.path) ? ReplacementFile.isInTheWay(DisplayText.escaped(entry.path)) : nil
    counts.withLock { counts in
      counts.inTheWay = counts.inTheWay ?? inTheWay
      switch entry.kind {
      case .file:
        counts.files += 1
        counts.bytes += entry.byteCount
      case .directory: counts.directories += 1
      case .symbolicLink: counts.links += 1
      }
    }
    receipt?.append(entry)
    checksums?.append(entry)
    bag?.append(entry)
  }

  /// An entry failed. Called by ``EntryFailures`` alone.
  func add(_ failure: EntryFailure) {
    counts.withLock { $0.failures += 1 }
    receipt?.append(failure: failure)
  }

  /// Both sides agree: the files get their names.
  ///
  /// - Parameters:
  ///   - treeDigest: The digest over everything in place.
  ///   - senderChain: The chain over the sender's records.
  ///   - receiverChain: The chain over the receiver's records.
  ///   - isComplete: Whether nothing failed on either side.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when one of the files would replace what
  ///   this transfer put in place, otherwise ``P2PCopyError/Code/destinationUnwritable``.
  package func finish(
    treeDigest: [UInt8], senderChain: [UInt8], receiverChain: [UInt8], isComplete: Bool
  ) throws(P2PCopyError) {
    let counts = counts.withLock { $0 }
    if let inTheWay = counts.inTheWay { throw inTheWay }
    try receipt?.finish(
      ReceiptTotals(
        fileCount: counts.files, directoryCount: counts.directories, linkCount: counts.links,
        byteCount: counts.bytes.value,
        treeDigest: treeDigest, isComplete: isComplete && counts.failures == 0, senderChain: senderChain,
        receiverChain: receiverChain))
    try checksums?.finish()
    try bag?.finish(isComplete: isComplete && counts.failures == 0)
  }

  /// Whether an entry that is in place at the receiver is where one of the files shall be.
  private func isOwnPlace(_ path: [UInt8]) -> Bool {
    guard let output else { return false }
    let slash = path.lastIndex(of: UInt8(ascii: "/"))
    let name = slash.map { path[($0 + 1)...] } ?? path[...]
    let places = ownFiles.places.filter { $0.name.elementsEqual(name) }
    guard !places.isEmpty else { return false }
    let parent = slash.map { path[..<$0] } ?? [UInt8(ascii: ".")]
    let directory = try? FileStatus(of: parent, relativeTo: output.descriptor.number, followLinks: false).identity
    return places.contains { $0.directory == directory }
  }
}
