import ArgumentParser

/// How long something is tried again: a number with `s`, `m`, `h` or `d` behind it, seconds without; `0` for not at all.
struct RetryDuration: ExpressibleByArgument {
  /// As a duration.
  let duration: Duration

  private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
  private static let longestSeconds: Int64 = 30 * 86_400

  init?(argument: String) {
    let unit = argument.last.flatMap { Self.units[$0] }
    guard let number = Int64(unit == nil ? argument : String(argument.dropLast())), number >= 0,
      number <= Self.longestSeconds / (unit ?? 1)
    else { return nil }
    duration = .seconds(number * (unit ?? 1))
  }
}
