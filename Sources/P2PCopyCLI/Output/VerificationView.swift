import P2PCopy

/// Draws the progress of a check on a terminal.
struct VerificationView {
  private static let interval = Duration.milliseconds(100)

  let isShown: Bool
  private var line = ProgressLine()
  private var isDrawn = false
  private var last = ContinuousClock.now

  init(isShown: Bool) {
    self.isShown = isShown
  }

  /// Draws, ten times a second at most; a check that is over at once draws nothing.
  mutating func show(_ progress: TransferProgress) {
    guard isShown else { return }
    let now = ContinuousClock.now
    guard now - last >= Self.interval else { return }
    last = now
    isDrawn = true
    Console.drawLine(line.text(progress, at: now, width: Console.width))
  }

  /// Leaves the line empty.
  mutating func clear() {
    if isDrawn { Console.clearLine() }
    isDrawn = false
  }
}
