package import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import Synchronization

/// A file that travels in chunks of its own, while it is being sent.
///
/// Workers prepare its chunks side by side; the digest takes them in order, each once.
package final class OutgoingFile: Sendable {
  let position: Int
  let index: UInt64
  let entry: SourceEntry
  let content: any SourceContent
  let compression: FileCompression
  /// Where the first chunk begins: behind what the receiver has.
  let startOffset: Int64

  private let digestLoan: DigestContexts.Loan
  private let turnstile = Turnstile()
  private let state = Mutex(State())

  private struct State {
    var error: P2PCopyError?
    var digest: [UInt8]?
    var isReported = false
    var sentEnd: Int64?
  }

  /// - Parameters:
  ///   - position: The file's position in its page.
  ///   - index: The file's index in the manifest.
  ///   - entry: The file.
  ///   - content: What is read.
  ///   - startOffset: Where the first chunk begins.
  ///   - digestLoan: A context that has seen everything up to there.
  ///   - compression: Whether its chunks are compressed.
  init(
    position: Int, index: UInt64, entry: SourceEntry, content: any SourceContent, startOffset: Int64,
    digestLoan: DigestContexts.Loan, compression: FileCompression
  ) {
    self.position = position
    self.index = index
    self.entry = entry
    self.content = content
    self.startOffset = startOffset
    self.digestLoan = digestLoan
    self.compression = compression
  }

  /// What went wrong, if something did: nothing more of the file is sent then.
  package var error: P2PCopyError? { state.withLock { $0.error } }

  /// The digest, once the last chunk has been through it and the file was found as it was.
  package var digest: [UInt8]? { state.withLock { $0.digest } }

  /// Whether the receiver has been told of the file's end or failure: nothing of it may follow.
  var isReported: Bool { state.withLock { $0.isReported } }

  /// Where what was handed over of the file ends; `nil` while nothing was, so that the receiver does not know of its coming.
  var sentEnd: Int64? { state.withLock { $0.sentEnd } }

  /// A chunk was handed over.
  func noteSent(upTo end: Int64) {
    state.withLock { $0.sentEnd = end }
  }

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

  /// Runs `body` when it is a chunk's turn, with the digest; not for a chunk that had its turn before and is prepared
  /// again.
  ///
  /// - Parameters:
  ///   - number: The chunk's number.
  ///   - body: Feeds the chunk to the digest, and does what those behind it wait for.
  func inTurn(_ number: Int, _ body: (any DigestContext) throws -> Void) async rethrows {
    guard await turnstile.pass(number) else { return }
    // Whatever happens in here, those behind must be let through.
    defer { turnstile.advance() }
    try body(digestLoan.context)
  }

  /// Ends the digest, in the last chunk's turn, and looks whether the file is still as it was.
  ///
  /// - Parameter settings: Reads the file again if that is needed to know.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/cancelled``; what else goes wrong is the file's ``error``.
  func finishDigest(_ settings: SendSettings) throws(P2PCopyError) {
    let digest = try digestLoan.context.finish()
    settings.digests.giveBack(digestLoan)
    do throws(P2PCopyError) {
      try content.checkUnchanged { try settings.digest(of: content).digest == digest }
      state.withLock { $0.digest = digest }
    } catch {
      guard error.code != .cancelled else { throw error }
      fail(error)
    }
  }
}
