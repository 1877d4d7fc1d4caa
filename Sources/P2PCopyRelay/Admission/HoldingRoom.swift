/// The room that all connections together have for what came before a hello was complete or a partner there.
final class HoldingRoom {
  private let maximumByteCount: Int
  private var heldByteCount = 0

  init(maximumByteCount: Int) {
    self.maximumByteCount = maximumByteCount
  }

  /// Takes room for so many bytes.
  ///
  /// - Returns: Whether there is that much.
  func take(_ byteCount: Int) -> Bool {
    guard byteCount <= maximumByteCount - heldByteCount else { return false }
    heldByteCount += byteCount
    return true
  }

  /// Gives room back.
  func giveBack(_ byteCount: Int) {
    heldByteCount -= byteCount
  }
}
