import Crypto
import FoundationEssentials
package import P2PCopyCore
package import P2PCopyFiles
import P2PCopyWire
import Synchronization

/// Writes a receipt as JSON while a transfer goes on: what is in place, with the digest of each file.
///
/// One line for each entry, so that tools for lines can read it as well. The file appears under its name when it is
/// complete; errors wait until ``finish(_:)``.
package final class ReceiptWriter: Sendable {
  /// What ``ReceiptVerification`` knows the file by.
  package static let format = "p2p-copy receipt 1"

  /// How many failed entries are named; the others are counted.
  package static let maximumFailureCount = 10_000

  private static let maximumMessageLength = 500

  private struct State {
    let file: ReplacementFile
    /// Where its signature shall be.
    let signatureFile: ReplacementFile?
    var line = JSONWriter()
    var hasBegun = false
    var hasEntries = false
    var failures: [EntryFailure] = []
    var failureCount = 0
  }

  private let state: Mutex<State>
  private let signingKey: SSHSigningKey?

  /// Makes the file under a temporary name.
  ///
  /// - Parameters:
  ///   - file: Where the receipt shall be; a regular file there is replaced at the end.
  ///   - signingKey: Signs it, in another file with `.sig` at its end.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` or ``P2PCopyError/Code/destinationUnwritable``.
  package init(file: LocalPath, signingKey: SSHSigningKey? = nil) throws(P2PCopyError) {
    let receipt = try ReplacementFile(path: file)
    var signatureFile: ReplacementFile?
    if signingKey != nil {
      receipt.beginHashing(with: SHA512())
      signatureFile = try ReplacementFile(path: SSHSignature.file(of: file))
    }
    self.signingKey = signingKey
    state = Mutex(State(file: receipt, signatureFile: signatureFile))
  }

  /// Adds where the file is and shall be.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  package func add(to ownFiles: inout OwnFiles) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      try state.file.add(to: &ownFiles)
      try state.signatureFile?.add(to: &ownFiles)
    }
  }

  /// Writes the head. Once, before anything else.
  ///
  /// - Parameters:
  ///   - role: Who writes.
  ///   - digest: The codec that the entries' digests come from.
  ///   - chunkByteCount: The size of the chunks whose digests they are over; `nil` when they are over whole files.
  package func begin(role: PeerRole, digest: CodecName, chunkByteCount: Int? = nil) {
    state.withLock { state in
      guard !state.hasBegun, !state.hasEntries else { return }
      state.hasBegun = true
      var head = JSONWriter()
      head.object { json in
        json.key("format")
        json.string(Self.format.utf8)
        json.key("role")
        json.string(role.rawValue.utf8)
        json.key("created")
        json.string(Date.now.ISO8601Format().utf8)
        json.key("digest_algorithm")
        json.string(digest.description.utf8)
        if let chunkByteCount {
          json.key("chunk_size")
          json.integer(Int64(chunkByteCount))
        }
      }
      // The object goes on.
      state.file.write(head.bytes.dropLast())
      state.file.write(",\n\"entries\":[")
    }
  }

  /// Adds the next entry; entries are to come in the order of the tree digest.
  package func append(_ entry: DeliveredEntry) {
    state.withLock { state in
      state.line.removeAll()
      state.line.write(entry)
      state.file.write(state.hasEntries ? ",\n" : "\n")
      state.file.write(state.line.bytes)
      state.hasEntries = true
    }
  }

  /// Adds an entry that failed.
  package func append(failure: EntryFailure) {
    state.withLock { state in
      state.failureCount += 1
      guard state.failures.count < Self.maximumFailureCount else { return }
      var failure = failure
      failure.error.message = String(failure.error.message.prefix(Self.maximumMessageLength))
      failure.error.cause = nil
      state.failures.append(failure)
    }
  }

  /// Writes the end and gives the file its name.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something has come there meanwhile,
  ///   otherwise ``P2PCopyError/Code/destinationUnwritable``; there is no file then.
  package func finish(_ totals: ReceiptTotals) throws(P2PCopyError) {
    try state.withLock { (state) throws(P2PCopyError) in
      guard state.hasBegun else {
        throw P2PCopyError(.internalError, "a receipt was ended before its beginning was written")
      }
      state.file.write("\n],\n\"failures\":[")
      for (index, failure) in state.failures.enumerated() {
        state.line.removeAll()
        state.line.write(failure)
        state.file.write(index > 0 ? ",\n" : "\n")
        state.file.write(state.line.bytes)
      }
      state.line.removeAll()
      state.line.write(totals, failureCount: state.failureCount)
      state.file.write("\n],\n")
      state.file.write(state.line.bytes.dropFirst())
      state.file.write("\n")
      if let signingKey { state.signatureFile?.write(try signingKey.signature(ofFileWith: state.file.digest())) }
      try state.file.finish()
      try state.signatureFile?.finish()
    }
  }
}
