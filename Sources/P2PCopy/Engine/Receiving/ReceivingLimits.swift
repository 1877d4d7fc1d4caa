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
  }

  private struct State {
    var entryCount = SaturatingCount<Int>()
    /// Bytes that were written, or about to be, in all sessions.
    var written = SaturatingCount<Int64>()
    /// Of the files of the open pages, by index.
    var expected: [UInt64: Expected] = [:]
    // Wider than what is added up: nobody keeps a sender from announcing the largest size there is, many times.
    var expectedByteCount: Int128 = 0
    var expectedRoom: Int128 = 0

    mutating func set(_ new: Expected?, for index: UInt64) {
      let old = new.map { expected.updateValue($0, forKey: index) } ?? expected.removeValue(forKey: index)
      expectedByteCount += Int128(new?.byteCount ?? 0) - Int128(old?.byteCount ?? 0)
      expectedRoom += Int128(new?.room ?? 0) - Int128(old?.room ?? 0)
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
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/limitExceeded``: these are too many.
  package func announce(entryCount: Int) throws(P2PCopyError) {
    let count = state.withLock { state in
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
    state.withLock { $0.set(Expected(byteCount: byteCount, room: room, wholeRoom: room), for: index) }
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
      guard var expected = state.expected[index] else { return true }
      let count = Int64(byteCount)
      expected.byteCount = max(0, expected.byteCount - count)
      if expected.room > 0 { expected.room = max(0, expected.room - count) }
      state.set(expected, for: index)
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
      guard let expected = state.expected[index], case .file(let whole) = entry.kind else { return }
      state.set(Expected(byteCount: whole, room: expected.wholeRoom, wholeRoom: expected.wholeRoom), for: index)
    }
  }

  /// Nothing more comes of a file.
  package func settle(_ index: UInt64) {
    state.withLock { $0.set(nil, for: index) }
  }

  /// Nothing more comes of a page.
  package func settle(from firstIndex: UInt64, count: Int) {
    state.withLock { state in
      guard !state.expected.isEmpty else { return }
      for index in firstIndex..<(firstIndex + UInt64(count)) { state.set(nil, for: index) }
    }
  }
}
