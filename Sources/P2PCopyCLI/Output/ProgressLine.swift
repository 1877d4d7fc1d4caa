package import P2PCopy

/// The one line that shows progress on a terminal: file, share, total, rate, time left.
package struct ProgressLine {
  private var lastProgress = TransferProgress()
  private var lastInstant: ContinuousClock.Instant?
  private var bytesPerSecond = 0.0

  package init() {}

  /// The line for the newest progress, narrower than `width` columns.
  package mutating func text(_ progress: TransferProgress, at now: ContinuousClock.Instant, width: Int) -> String {
    update(progress, now)
    let percent = Self.percent(progress)
    let tail = facts(progress, percent, width: width - 1)
    var line = tail
    let barWidth = min(20, width - tail.count - 12)
    if let percent, barWidth >= 5 {
      let filled = barWidth * percent / 100
      let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled)
      line = "[\(bar)] \(tail)"
    }
    let room = width - line.count - 3
    if room >= 8, let path = progress.currentPath {
      line += "  " + DisplayWidth.end(of: path.description, columns: room)
    }
    return DisplayWidth.beginning(of: line, columns: max(1, width - 1))
  }

  /// The line that says whose content is being looked at, narrower than `width` columns.
  package static func checking(_ path: String, width: Int) -> String {
    let prefix = "checking "
    let shown = DisplayWidth.end(of: path, columns: max(8, width - prefix.count - 1))
    return DisplayWidth.beginning(of: prefix + shown, columns: max(1, width - 1))
  }

  /// The share that is done; `nil` while nobody knows of what. 100 only when all of it is.
  private static func percent(_ progress: TransferProgress) -> Int? {
    guard progress.isTotalKnown, progress.totalByteCount > 0 else { return nil }
    if progress.byteCount >= progress.totalByteCount { return 100 }
    let share = Double(progress.byteCount) / Double(progress.totalByteCount)
    return max(0, min(99, HumanReadable.whole(share * 100)))
  }

  /// Share, sizes, files, rate and time left, as many as fit: a narrow terminal does without the least interesting ones
  /// rather than with half a number.
  private func facts(_ progress: TransferProgress, _ percent: Int?, width: Int) -> String {
    var facts: [(text: String, rank: Int)] =
      if let percent {
        [
          ("\(percent)%".leftPadded(to: 4), 0),
          ("\(HumanReadable.size(progress.byteCount)) of \(HumanReadable.size(progress.totalByteCount))", 2),
          ("\(progress.fileCount)/\(progress.totalFileCount) files", 4),
        ]
      } else if progress.isTotalKnown, progress.byteCount == 0 {
        [("\(progress.fileCount)/\(progress.totalFileCount) files", 0)]
      } else {
        // There is more to come than is known of.
        [(HumanReadable.size(progress.byteCount), 0), (HumanReadable.count(progress.fileCount, "file"), 2)]
      }
    if bytesPerSecond >= 1 {
      facts.append((HumanReadable.rate(bytesPerSecond), 3))
      let left = (Double(progress.totalByteCount) - Double(progress.byteCount)) / bytesPerSecond
      if left > 0, percent != nil { facts.append((HumanReadable.timeLeft(left) + " left", 1)) }
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
    let moved = Double(progress.transferredByteCount) - Double(lastProgress.transferredByteCount)
    // The weight of the past halves about every two seconds, however often the line is drawn.
    let weight = bytesPerSecond == 0 ? 0 : 1 / (1 + seconds / 2)
    bytesPerSecond = weight * bytesPerSecond + (1 - weight) * moved / seconds
  }
}

extension String {
  /// The text with spaces in front of it up to a width.
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
