package import P2PCopy

/// The one line that shows progress on a terminal: file, share, total, rate, time left.
package struct ProgressLine {
  private var lastProgress = TransferProgress()
  private var lastInstant: ContinuousClock.Instant?
  private var bytesPerSecond = 0.0

  package init() {}

  /// The line for the newest progress, not wider than `width` columns.
  package mutating func text(_ progress: TransferProgress, at now: ContinuousClock.Instant, width: Int) -> String {
    update(progress, now)
    let share = progress.totalByteCount > 0 ? Double(progress.byteCount) / Double(progress.totalByteCount) : 1
    let percent = min(100, max(0, Int(share * 100)))
    let tail = facts(progress, percent, width: width - 1)
    let barWidth = min(20, width - tail.count - 12)
    var line = tail
    if barWidth >= 5, progress.isTotalKnown {
      let filled = barWidth * percent / 100
      let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled)
      line = "[\(bar)] \(tail)"
    }
    let room = width - line.count - 3
    if room >= 8, !progress.currentPath.isEmpty { line += "  " + Self.shortened(progress.currentPath, to: room) }
    return String(line.prefix(max(1, width - 1)))
  }

  /// Share, sizes, files, rate and time left, as many as fit: a narrow terminal does without the least interesting ones
  /// rather than with half a number.
  private func facts(_ progress: TransferProgress, _ percent: Int, width: Int) -> String {
    var facts: [(text: String, rank: Int)] =
      if progress.isTotalKnown {
        [
          ("\(percent)%".leftPadded(to: 4), 0),
          ("\(HumanReadable.size(progress.byteCount)) of \(HumanReadable.size(progress.totalByteCount))", 2),
          ("\(progress.fileCount)/\(progress.totalFileCount) files", 4),
        ]
      } else {
        // There is more to come than is known of.
        [(HumanReadable.size(progress.byteCount), 0), (HumanReadable.count(progress.fileCount, "file"), 2)]
      }
    if bytesPerSecond >= 1 {
      facts.append((HumanReadable.size(Int64(min(bytesPerSecond, 9e18))) + "/s", 3))
      let left = Double(progress.totalByteCount - progress.byteCount) / bytesPerSecond
      if left > 0, progress.isTotalKnown { facts.append((HumanReadable.timeLeft(left) + " left", 1)) }
    }
    for limit in [4, 3, 2, 1, 0] {
      let line = facts.filter { $0.rank <= limit }.map(\.text).joined(separator: "  ")
      if line.count <= width || limit == 0 { return line }
    }
    return ""
  }

  private mutating func update(_ progress: TransferProgress, _ now: ContinuousClock.Instant) {
    defer {
      lastProgress = progress
      lastInstant = now
    }
    guard let lastInstant else { return }
    let seconds = HumanReadable.seconds(now - lastInstant)
    guard seconds > 0 else { return }
    let current = Double(progress.transferredByteCount - lastProgress.transferredByteCount) / seconds
    // The weight of the past halves about every two seconds, however often the line is drawn.
    let weight = bytesPerSecond == 0 ? 0 : 1 / (1 + seconds / 2)
    bytesPerSecond = weight * bytesPerSecond + (1 - weight) * current
  }

  private static func shortened(_ path: String, to width: Int) -> String {
    path.count <= width ? path : "…" + path.suffix(width - 1)
  }
}

extension String {
  /// The text with spaces in front of it up to a width.
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
