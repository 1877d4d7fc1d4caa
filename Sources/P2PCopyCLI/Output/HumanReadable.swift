import P2PCopyCore

/// Sizes, rates and times as a person reads them.
package enum HumanReadable {
  /// A size in binary units, such as `3.4 GiB`.
  package static func size(_ byteCount: Int64) -> String { ByteCountText.binary(byteCount) }

  /// A rate, such as `120.5 MiB/s`.
  package static func rate(_ byteCount: Int64, in duration: Duration) -> String {
    let seconds = seconds(duration)
    return seconds > 0.001 ? rate(Double(byteCount) / seconds) : "-"
  }

  /// A rate in bytes a second.
  package static func rate(_ bytesPerSecond: Double) -> String { size(Int64(whole(bytesPerSecond))) + "/s" }

  /// A time, such as `0.4 s`, `2:05` or `1:02:05`.
  package static func time(_ duration: Duration) -> String {
    let seconds = seconds(duration)
    if seconds < 60 { return "\(oneDecimal(seconds)) s" }
    let whole = Self.whole(min(seconds, 1e9).rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0
      ? "\(hours):\(twoDigits(minutes)):\(twoDigits(whole % 60))" : "\(minutes):\(twoDigits(whole % 60))"
  }

  /// A time still to go, in whole seconds, such as `14 s` or `2:05`.
  package static func timeLeft(_ seconds: Double) -> String {
    seconds < 59.5
      ? "\(whole(max(0, seconds).rounded())) s" : time(.seconds(whole(min(seconds, 1e8).rounded())))
  }

  /// A duration in seconds.
  static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

  /// `1 file`, `2 files`.
  package static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  /// A number without its fraction, at most what fits; 0 for what is no number.
  static func whole(_ value: Double) -> Int {
    value.isNaN ? 0 : Int(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
  }

  private static func oneDecimal(_ value: Double) -> String {
    let tenths = whole((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
