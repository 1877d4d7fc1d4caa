import Synchronization

/// The digests of a file's chunks, as they become known, in any order.
package final class ChunkTable: Sendable {
  private struct State {
    /// One behind the other.
    var digests: [UInt8] = []
    var isKnown: [Bool] = []
    var isClosed = false
  }

  private let digestByteCount: Int
  private let state = Mutex(State())

  /// - Parameter digestByteCount: The length of each digest.
  package init(digestByteCount: Int) {
    self.digestByteCount = digestByteCount
  }

  /// Takes the digest of a chunk down.
  ///
  /// - Parameters:
  ///   - digest: The digest.
  ///   - chunk: Which chunk of the file it is of, from 0: the table has as many places then.
  ///   - replacing: Whether it counts although there is another one already.
  package func set(_ digest: [UInt8], of chunk: Int64, replacing: Bool) {
    guard let chunk = Int(exactly: chunk), digest.count == digestByteCount else { return }
    state.withLock { state in
      if chunk >= state.isKnown.count {
        let missing = chunk + 1 - state.isKnown.count
        state.isKnown.append(contentsOf: repeatElement(false, count: missing))
        state.digests.append(contentsOf: repeatElement(0, count: missing * digestByteCount))
      }
      guard replacing || !state.isKnown[chunk] else { return }
      state.isKnown[chunk] = true
      state.digests.replaceSubrange((chunk * digestByteCount)..<((chunk + 1) * digestByteCount), with: digest)
    }
  }

  /// The digests of the first chunks, one behind the other; `nil` when one of them is not known.
  package func digests(_ count: Int64) -> [UInt8]? {
    state.withLock { state in
      guard let count = Int(exactly: count), count <= state.isKnown.count,
        state.isKnown[..<count].allSatisfy(\.self)
      else { return nil }
      return Array(state.digests[..<(count * digestByteCount)])
    }
  }

  /// Nobody needs more digests.
  package func close() {
    state.withLock { $0.isClosed = true }
  }

  /// Whether nobody needs more digests.
  package var isClosed: Bool { state.withLock { $0.isClosed } }
}
