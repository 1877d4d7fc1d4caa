import ArgumentParser
import P2PCopyPlatform

/// When a transfer is to stop: after a time, as ``RetryDuration`` reads it, at the next `HH:MM[:SS]` of the local clock, or at
/// a moment as ISO 8601 writes it with an offset.
package struct Deadline: ExpressibleByArgument, Equatable, Sendable {
  /// What was asked for.
  package enum Form: Equatable, Sendable {
    case after(Duration)
    /// The next time that the local clock shows this.
    case clock(hour: Int32, minute: Int32, second: Int32)
    /// Seconds since 1970.
    case moment(Int)
  }

  package let form: Form

  package init?(argument: String) {
    if let duration = RetryDuration(argument: argument)?.duration {
      guard duration > .zero else { return nil }
      form = .after(duration)
    } else if let clock = Self.clock(argument[...].utf8) {
      form = .clock(hour: clock.hour, minute: clock.minute, second: clock.second)
    } else if let moment = Self.moment(argument[...].utf8) {
      form = .moment(moment)
    } else {
      return nil
    }
  }

  /// How long it is until then.
  ///
  /// - Parameter now: Seconds since 1970.
  /// - Returns: The time, not below zero when that is in the past.
  package func timeLeft(at now: Int) -> Duration {
    switch form {
    case .after(let duration): return duration
    case .moment(let moment): return .seconds(max(0, moment - now))
    case .clock(let hour, let minute, let second):
      var seconds = time_t(now)
      var local = tm()
      localtime_r(&seconds, &local)
      (local.tm_hour, local.tm_min, local.tm_sec, local.tm_isdst) = (hour, minute, second, -1)
      var today = local
      let next = mktime(&today)
      if next > seconds { return .seconds(next - seconds) }
      local.tm_mday += 1
      return .seconds(max(0, mktime(&local) - seconds))
    }
  }

  // MARK: - Reading

  /// `HH:MM` or `HH:MM:SS`.
  private static func clock(_ text: Substring.UTF8View) -> (hour: Int32, minute: Int32, second: Int32)? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hour = number(parts[0], below: 24),
      let minute = number(parts[1], below: 60)
    else { return nil }
    guard parts.count == 3 else { return (hour, minute, 0) }
    guard let second = number(parts[2], below: 60) else { return nil }
    return (hour, minute, second)
  }

  /// `YYYY-MM-DDTHH:MM[:SS]` with `Z` or an offset such as `+01:00` behind it.
  private static func moment(_ text: Substring.UTF8View) -> Int? {
    let halves = text.split(separator: UInt8(ascii: "T"), omittingEmptySubsequences: false)
    guard halves.count == 2 else { return nil }
    let date = halves[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard date.count == 3, date[0].count == 4, let year = digits(date[0]), let month = number(date[1], below: 13),
      let day = number(date[2], below: 32), year >= 1970, month > 0, day > 0
    else { return nil }
    let time: Substring.UTF8View
    let offset: Int
    if halves[1].last == UInt8(ascii: "Z") {
      time = halves[1].dropLast()
      offset = 0
    } else {
      let signs = [UInt8(ascii: "+"), UInt8(ascii: "-")]
      guard let sign = halves[1].firstIndex(where: { signs.contains($0) }),
        let distance = clock(halves[1][halves[1].index(after: sign)...])
      else { return nil }
      time = halves[1][..<sign]
      let seconds = Int(distance.hour) * 3600 + Int(distance.minute) * 60
      offset = halves[1][sign] == UInt8(ascii: "-") ? -seconds : seconds
    }
    guard let clock = clock(time) else { return nil }
    var universal = tm()
    (universal.tm_year, universal.tm_mon, universal.tm_mday) = (year - 1900, month - 1, day)
    (universal.tm_hour, universal.tm_min, universal.tm_sec) = (clock.hour, clock.minute, clock.second)
    let seconds = timegm(&universal)
    // A day that the month has not becomes one of the next.
    guard universal.tm_mday == day else { return nil }
    return seconds - offset
  }

  /// A number of two digits.
  private static func number(_ text: Substring.UTF8View, below limit: Int32) -> Int32? {
    guard text.count == 2, let number = digits(text), number < limit else { return nil }
    return number
  }

  private static func digits(_ text: Substring.UTF8View) -> Int32? {
    guard text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return Int32(Substring(text))
  }
}
