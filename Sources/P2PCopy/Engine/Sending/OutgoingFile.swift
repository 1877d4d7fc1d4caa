import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import Synchronization

/// A file that travels in chunks of its own, while it is being sent.
///
/// Workers prepare its chunks side by side; the digest takes them in order.
final class OutgoingFile: Sendable {
  let position: Int
  let index: UInt64
  let entry: SourceEntry
  let source: OpenSourceFile
  let compression: FileCompression
  /// Where the first chunk begins: behind what the receiver has.
  let startOffset: Int64
  let digestLoan: DigestContexts.Loan
  let turnstile = Turnstile()

  private let state = Mutex(State())

  private struct State {
    var error: P2PCopyError?
    var digest: [UInt8] = []
    var isReported = false
  }

  init(
    position: Int, index: UInt64, entry: SourceEntry, source: OpenSourceFile, startOffset: Int64,
    digestLoan: DigestContexts.Loan, compression: FileCompression
  ) {
    self.position = position
    self.index = index
    self.entry = entry
    self.source = source
    self.startOffset = startOffset
    self.digestLoan = digestLoan
    self.compression = compression
  }

  /// What went wrong, if something did: nothing more of the file is sent then.
  var error: P2PCopyError? { state.withLock { $0.error } }

  /// The digest, once the last chunk has been through it.
  var digest: [UInt8] {
    get { state.withLock { $0.digest } }
    set { state.withLock { $0.digest = newValue } }
  }

  /// Whether the receiver has been told of the file's end or failure: nothing of it may follow.
  var isReported: Bool { state.withLock { $0.isReported } }

  /// Whether nobody has reported the file's end, or its failure, yet.
  func reportOnce() -> Bool {
    state.withLock { state in
      if state.isReported { return false }
      state.isReported = true
      return true
    }
  }

  /// Takes note of the first thing that goes wrong.
  func fail(_ error: P2PCopyError) {
    state.withLock { state in
      if state.error == nil { state.error = error }
    }
  }
}
