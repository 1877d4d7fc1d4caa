import P2PCopyCore
import P2PCopyWire

/// What the receiver has told the sender of how much it has stored, and when.
struct StorageAcknowledgement {
  /// No more often than this is the sender told.
  let interval: Duration

  /// Raw bytes of content of this session that have been written, or dropped because their file failed.
  var byteCount = SaturatingCount<Int64>()

  private var said = SaturatingCount<Int64>()
  private var lastTime = ContinuousClock.now

  init(interval: Duration) {
    self.interval = interval
  }

  /// What to send now; `nil` when there is nothing new or it was said a moment ago.
  mutating func due() -> SessionMessage? {
    guard byteCount > said, .now - lastTime >= interval else { return nil }
    said = byteCount
    lastTime = .now
    return .stored(byteCount: UInt64(clamping: byteCount.value))
  }
}
