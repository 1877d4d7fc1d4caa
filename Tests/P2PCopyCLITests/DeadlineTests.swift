import Foundation
import P2PCopyCLI
import Testing

@Suite("Deadlines") struct DeadlineTests {
  @Test("A time from now on, of the local clock, or a moment")
  func forms() {
    #expect(Deadline(argument: "90s")?.form == .after(.seconds(90)))
    #expect(Deadline(argument: "2h")?.form == .after(.seconds(7200)))
    #expect(Deadline(argument: "06:30")?.form == .clock(hour: 6, minute: 30, second: 0))
    #expect(Deadline(argument: "23:59:58")?.form == .clock(hour: 23, minute: 59, second: 58))
    #expect(Deadline(argument: "2027-01-31T06:00:00+01:00")?.form == .moment(1_801_371_600))
    #expect(Deadline(argument: "2027-01-31T05:00Z")?.form == .moment(1_801_371_600))
    #expect(Deadline(argument: "2027-01-30T21:30-07:30")?.form == .moment(1_801_371_600))
  }

  @Test(
    "Anything else is none",
    arguments: [
      "", "0", "-1s", "soon", "6:30", "24:00", "12:60", "12:00:60", "12", "12:", ":12", "12:00:00:00",
      "2027-01-31", "2027-01-31T06:00", "2027-02-30T06:00Z", "2027-13-01T06:00Z", "2027-00-01T06:00Z",
      "2027-01-31T06:00:00+1", "2027-01-31T06:00:00+01:00:", "2027-01-31 06:00Z", "1969-12-31T23:59Z", "T", "TZ",
      "99999999999999999999d",
    ])
  func malformed(text: String) {
    // "12" is a number of seconds, as it is for every duration.
    #expect((Deadline(argument: text) == nil) == (text != "12"))
  }

  @Test("The time left")
  func timeLeft() throws {
    #expect(Deadline(argument: "30m")?.timeLeft(at: 1_800_000_000) == .seconds(1800))
    let moment = try #require(Deadline(argument: "2027-01-31T05:00Z"))
    #expect(moment.timeLeft(at: 1_801_371_500) == .seconds(100))
    #expect(moment.timeLeft(at: 1_801_371_601) == .zero)
    // The same minute again is the next day's; whatever the zone, that is about a day from now.
    var now = tm()
    var seconds = 1_801_371_600
    localtime_r(&seconds, &now)
    let text = String(format: "%02d:%02d", now.tm_hour, now.tm_min)
    let left = try #require(Deadline(argument: text)).timeLeft(at: seconds)
    #expect(left > .seconds(22 * 3600) && left <= .seconds(26 * 3600))
    let next = String(format: "%02d:%02d:01", now.tm_hour, now.tm_min)
    #expect(try #require(Deadline(argument: next)).timeLeft(at: seconds) == .seconds(1))
  }
}
