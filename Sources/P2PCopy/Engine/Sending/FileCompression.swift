import P2PCopyCore
package import P2PCopyTransfer
import P2PCopyWire
import Synchronization

/// Whether the chunks of one file are compressed: `auto` decides by the first chunk, and thinks again when what follows
/// stops shrinking.
package final class FileCompression: Sendable {
  private let mode: CompressionMode
  private let state: Mutex<State>

  private struct State {
    var isCompressing: Bool
    var failuresInARow = 0
  }

  package init(_ mode: CompressionMode) {
    self.mode = mode
    state = Mutex(State(isCompressing: mode != .off))
  }

  /// Whether the next chunk is to be compressed.
  package var isCompressing: Bool { state.withLock { $0.isCompressing } }

  /// What share of its size a compressed chunk must stay below to be sent so.
  package var worthwhileRatio: Double { mode == .on ? 1 : Protocol2Suite.worthwhileRatio }

  /// Takes note of how a chunk went.
  ///
  /// - Parameters:
  ///   - isFirst: Whether it was the file's first.
  ///   - paid: Whether it shrank enough.
  package func record(isFirst: Bool, paid: Bool) {
    guard mode == .auto else { return }
    state.withLock { state in
      state.failuresInARow = paid ? 0 : state.failuresInARow + 1
      if isFirst && !paid || state.failuresInARow >= Protocol2Suite.patience { state.isCompressing = false }
    }
  }
}
