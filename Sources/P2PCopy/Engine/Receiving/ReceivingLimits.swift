package import P2PCopyCore
package import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// How much a receiver takes, and how much there is room for: what the sender announces is counted as its pages come, and what
/// comes before it is written.
///
/// Shared by the tasks of a session: reading announces entries, answering says what is to come of them, storing what came.
/// Outlives a session, so that a sender that was started again brings no more than one that was not.
package final class ReceivingLimits: Sendable {
  /// What is still to come of a file.
  private struct Expected {
    /// In bytes.
    var byteCount: Int64
    /// How much of the room it takes; negative where more becomes free with it.
    var room: Int64
    /// The same when nothing of it had come.
    let wholeRoom: Int64

    mutating func arrive(_ count: Int64) {
      byteCount = max(0, byteCount - count)
      if room > 0 { room = max(0, room - count) }
    }
  }

  /// What is still to come of an open page's files.
  private struct Page {
    let firstIndex: UInt64
    var files: [Expected?]
  }

  private struct State {
    var entryCount = SaturatingCount<Int>()
    /// Bytes that were written, or about to be, in all sessions.
    var written = SaturatingCount<Int64>()
    /// The open pages, in order: a few.
    var pages: [Page] = []
    // Wider than what is added up: nobody keeps a sender from announcing the largest size there is, many times.
    var expectedByteCount: Int128 = 0
    var expectedRoom: Int128 = 0

    /// Changes what is to come of a file; of no open page's, nothing is.
    mutating func change(_ index: UInt64, _ body: (inout Expected?) -> Void) {
      for page in pages.indices {
        let (firstIndex, count) = (pages[page].firstIndex, pages[page].files.count)
        guard let position = ManifestPage.position(of: index, inPageFrom: firstIndex, count: count) else { continue }
        add(pages[page].files[position], times: -1)
        body(&pages[page].files[position])
        add(pages[page].files[position], times: 1)
        return
      }
    }

    /// Puts what is to come of a file into the sums, or takes it out.
    mutating func add(_ expected: Expected?, times factor: Int128) {
      guard let expected else { return }
      expectedByteCount += factor * Int128(expected.byteCount)
      expectedRoom += factor * Int128(expected.room)
    }
  }

  private let maximumByteCount: Int64?
  private let maximumEntryCount: Int?
  private let state = Mutex(State())

  package init(_ options: ReceiveOptions) {
    maximumByteCount = options.maximumByteCount
    maximumEntryCount = options.maximumFileCount
  }

  /// Everything is announced from the beginning.
  package func beginSession() {
    state.withLock { state in
      let written = state.written
      state = State()
      state.written = written
    }
  }

  // MARK: What is announced

  /// A page has come.
  ///
  /// - Parameters:
  ///   - firstIndex: Its first entry's index.
  ///   - entryCount: How many entries it has.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/limitExceeded``: these are too many.
  package func announce(from firstIndex: UInt64, entryCount: Int) throws(P2PCopyError) {
    let count = state.withLock { state in
      state.pages.append(Page(firstIndex: firstIndex, files: Array(repeating: nil, count: entryCount)))
      state.entryCount += entryCount
      return state.entryCount.value
    }
    guard let maximumEntryCount, count > maximumEntryCount else { return }
    throw P2PCopyError(
      .limitExceeded,
      "the sender sends \(count) files, directories and links or more, and at most \(maximumEntryCount) are to be received",
      remedy: .raiseReceivingLimits)
  }

  /// Bytes of a file are to come.
  ///
  /// - Parameters:
  ///   - byteCount: How many.
  ///   - index: The file's index.
  ///   - room: How much of the room they take.
  package func expect(_ byteCount: Int64, of index: UInt64, takingRoom room: Int64) {
    state.withLock { state in
      state.change(index) { $0 = Expected(byteCount: byteCount, room: room, wholeRoom: room) }
    }
  }

  /// Makes sure that everything that is known to come may come, and that there is room for it.
  ///
  /// - Parameter room: How many bytes can be written, as it was a moment ago; `nil` when nobody knows.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/limitExceeded``, or
  ///   ``P2PCopyError/Code/destinationUnwritable`` when it cannot fit.
  package func check(room: Int64?) throws(P2PCopyError) {
    let (all, neededRoom) = state.withLock { state in
      (Int128(state.written.value) + state.expectedByteCount, state.expectedRoom)
    }
    if let maximumByteCount, all > maximumByteCount {
      throw P2PCopyError(
        .limitExceeded,
        "the sender sends \(ByteCountText.binary(Int64(clamping: all))) or more, and at most"
          + " \(ByteCountText.binary(maximumByteCount)) are to be received",
        remedy: .raiseReceivingLimits)
    }
    if let room, neededRoom > room {
      throw P2PCopyError(
        .destinationUnwritable,
        "\(ByteCountText.binary(Int64(clamping: neededRoom))) or more are to be written to the output directory, and"
          + " \(ByteCountText.binary(room)) are free there",
        remedy: .freeSpace, scope: .destination)
    }
  }

  // MARK: What comes

  /// Bytes of a file are about to be written.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/limitExceeded``: they must not be.
  package func arrive(_ byteCount: Int, of entry: IncomingEntry, _ index: UInt64) throws(P2PCopyError) {
    let isWithin = state.withLock { state in
      var written = state.written
      written += byteCount
      if let maximumByteCount, written.value > maximumByteCount { return false }
      state.written = written
      state.change(index) { $0?.arrive(Int64(byteCount)) }
      return true
    }
    guard !isWithin, let maximumByteCount else { return }
    throw P2PCopyError(
      .limitExceeded,
      "with '\(entry.shown)' more than \(ByteCountText.binary(maximumByteCount)) come, which is what is to be received at"
        + " most", remedy: .raiseReceivingLimits)
  }

  /// What came of a file was removed, and it comes once more.
  ///
  /// - Parameters:
  ///   - byteCount: How many bytes came.
  ///   - entry: The file.
  ///   - index: Its index.
  package func takeBack(_ byteCount: Int64, of entry: IncomingEntry, _ index: UInt64) {
    state.withLock { state in
      state.written += -byteCount
      guard case .file(let whole) = entry.kind else { return }
      state.change(index) { expected in
        expected = expected.map { Expected(byteCount: whole, room: $0.wholeRoom, wholeRoom: $0.wholeRoom) }
      }
    }
  }

  /// Nothing more comes of a file.
  package func settle(_ index: UInt64) {
    state.withLock { state in state.change(index) { $0 = nil } }
  }

  /// Nothing more comes of the oldest open page.
  package func settlePage() {
    state.withLock { state in
      guard !state.pages.isEmpty else { return }
      for expected in state.pages.removeFirst().files { state.add(expected, times: -1) }
    }
  }
}
