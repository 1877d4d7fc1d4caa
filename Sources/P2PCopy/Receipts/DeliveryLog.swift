import P2PCopyCore
import Synchronization

/// Where a session writes down what is in place: the receipt and the list of checksums, each if it was asked for.
final class DeliveryLog: Sendable {
  /// The digest that a list of checksums needs.
  static let checksumsDigest: CodecName = "sha256"

  private struct Counts {
    var files = 0
    var directories = 0
    var links = 0
    var bytes: Int64 = 0
    var failures = 0
  }

  private let receipt: ReceiptWriter?
  private let checksums: ChecksumListWriter?
  private let counts = Mutex(Counts())

  /// Makes the files under temporary names, so that what cannot be written is known before anything is sent.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` or ``P2PCopyError/Code/destinationUnwritable``.
  init(receiptFile: LocalPath?, checksumsFile: LocalPath?) throws(P2PCopyError) {
    receipt = if let receiptFile { try ReceiptWriter(file: receiptFile) } else { nil }
    checksums = if let checksumsFile { try ChecksumListWriter(file: checksumsFile) } else { nil }
  }

  /// The session begins.
  func begin(role: PeerRole, digest: CodecName) {
    receipt?.begin(role: role, digest: digest)
  }

  /// An entry is in place. Entries come in the order of the manifest.
  func add(_ entry: DeliveredEntry) {
    counts.withLock { counts in
      switch entry.kind {
      case .file:
        counts.files += 1
        counts.bytes = counts.bytes.addingReportingOverflow(entry.byteCount).partialValue
      case .directory: counts.directories += 1
      case .symbolicLink: counts.links += 1
      }
    }
    receipt?.append(entry)
    checksums?.append(entry)
  }

  /// An entry failed.
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
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  func finish(
    treeDigest: [UInt8], senderChain: [UInt8], receiverChain: [UInt8], isComplete: Bool
  ) throws(P2PCopyError) {
    let counts = counts.withLock { $0 }
    try receipt?.finish(
      ReceiptTotals(
        fileCount: counts.files, directoryCount: counts.directories, linkCount: counts.links, byteCount: counts.bytes,
        treeDigest: treeDigest, isComplete: isComplete && counts.failures == 0, senderChain: senderChain,
        receiverChain: receiverChain))
    try checksums?.finish()
  }
}
