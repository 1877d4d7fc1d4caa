package import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import Synchronization

/// A file that travels in chunks of its own, while it is being sent.
///
/// Workers prepare its chunks side by side, in any order; those of one number have their turn after those before.
package final class OutgoingFile: Sendable {
  /// How its digest is made.
  private enum Digesting: Sendable {
    /// From the digests of its chunks.
    case byChunk(ChunkTable)
    /// By one context, which the chunks pass in their turns.
    case inOrder(DigestContexts.Loan)
    /// By reading it once more, since the chunks do not pass in their order.
    case atTheEnd
  }

  let position: Int
  let index: UInt64
  let entry: SourceEntry
  let content: any SourceContent
  let compression: FileCompression

  /// What the receiver has of it, and is compared; `nil` for nothing.
  let prefix: FilePrefix?

  /// Where what the receiver has ends: the file from here on is sent first.
  let startOffset: Int64

  private let digesting: Digesting
  private let turnstile = Turnstile()
  private let state = Mutex(State())

  private struct State {
    var error: P2PCopyError?
    var digest: [UInt8]?
    var isReported = false
    var sentByteCount: Int64?
  }

  /// - Parameters:
  ///   - position: The file's position in its page.
  ///   - index: The file's index in the manifest.
  ///   - entry: The file.
  ///   - content: What is read.
  ///   - prefix: What the receiver says it has.
  ///   - settings: What was agreed.
  /// - Throws: ``P2PCopyError`` when no digest can be made.
  init(
    position: Int, index: UInt64, entry: SourceEntry, content: any SourceContent, prefix: FilePrefix?,
    _ settings: SendSettings
  ) throws(P2PCopyError) {
    self.position = position
    self.index = index
    self.entry = entry
    self.content = content
    self.prefix = prefix
    compression = FileCompression(settings.compressionMode)
    let present = min(prefix?.byteCount ?? 0, content.byteCount)
    // A chunk of which the receiver has a part only is sent whole.
    startOffset =
      present == content.byteCount ? present : present - present % Int64(settings.digests.chunkByteCount)
    if settings.digests.isChunked {
      digesting = .byChunk(ChunkTable(digestByteCount: settings.digests.digest.byteCount))
    } else {
      digesting = prefix == nil ? .inOrder(try settings.digests.borrow()) : .atTheEnd
    }
  }

  /// What went wrong, if something did: nothing more of the file is sent then.
  package var error: P2PCopyError? { state.withLock { $0.error } }

  /// The digest, once the last chunk has had its turn and the file was found as it was.
  package var digest: [UInt8]? { state.withLock { $0.digest } }

  /// Whether the receiver has been told of the file's end or failure: nothing of it may follow.
  var isReported: Bool { state.withLock { $0.isReported } }

  /// How much of the file was handed over; `nil` while nothing was, so that the receiver does not know of its coming.
  var sentByteCount: Int64? { state.withLock { $0.sentByteCount } }

  /// A chunk was handed over.
  func noteSent(byteCount: Int) {
    state.withLock { $0.sentByteCount = ($0.sentByteCount ?? 0) + Int64(byteCount) }
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

  // MARK: The digest

  /// Takes the digest of a chunk down, if the file's is made of those, or the receiver has the chunk.
  ///
  /// - Parameters:
  ///   - chunk: The chunk; not one that was taken before and is prepared again.
  ///   - data: What was read.
  ///   - digests: Makes it.
  /// - Returns: Whether the receiver has it.
  /// - Throws: ``P2PCopyError`` when the digest fails.
  func takeChunk(
    _ chunk: Unit.Chunk, _ data: RawSpan, _ digests: DigestContexts
  ) throws(P2PCopyError) -> Bool {
    var table: ChunkTable?
    if case .byChunk(let all) = digesting { table = all }
    guard table != nil || chunk.present != nil else { return false }
    let digest = try digests.digest(ofChunk: data)
    table?.set(digest, of: chunk.offset / Int64(digests.chunkByteCount), replacing: false)
    return chunk.present == digest
  }

  /// Runs `body` when it is a chunk's turn; not for a chunk that had its turn before and is prepared again.
  ///
  /// - Parameters:
  ///   - number: The chunk's number.
  ///   - body: Does what those behind it wait for. Gets the context that sees the file in order, if there is one.
  func inTurn(_ number: Int, _ body: ((any DigestContext)?) throws -> Void) async rethrows {
    guard await turnstile.pass(number) else { return }
    // Whatever happens in here, those behind must be let through.
    defer { turnstile.advance() }
    if case .inOrder(let loan) = digesting { try body(loan.context) } else { try body(nil) }
  }

  /// Ends the digest, in the last chunk's turn, and looks whether the file is still as it was.
  ///
  /// - Parameter settings: Reads the file again if that is needed to know.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/cancelled``; what else goes wrong is the file's ``error``.
  func finishDigest(_ settings: SendSettings) throws(P2PCopyError) {
    do throws(P2PCopyError) {
      guard let digest = try wholeDigest(settings) else { throw content.changed }
      try content.checkUnchanged { try settings.digest(of: content).digest == digest }
      state.withLock { $0.digest = digest }
    } catch {
      guard error.code != .cancelled else { throw error }
      fail(error)
    }
  }

  private func wholeDigest(_ settings: SendSettings) throws(P2PCopyError) -> [UInt8]? {
    switch digesting {
    case .byChunk(let table): return try settings.digests.digest(of: table, byteCount: content.byteCount)
    case .inOrder(let loan):
      let digest = try loan.context.finish()
      settings.digests.giveBack(loan)
      return digest
    case .atTheEnd:
      do {
        let (digest, byteCount) = try settings.digest(of: content)
        return byteCount == content.byteCount ? digest : nil
      } catch let error as P2PCopyError {
        throw error
      } catch {
        throw P2PCopyError(.cancelled, "interrupted", cause: error)
      }
    }
  }
}
