import Foundation
import Platform
import Testing

@Suite("Instants and durations")
struct TimeTests {
  @Test("RFC 3339 agrees with Foundation, even around leap days and before 1970")
  func agreesWithFoundation() {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    // Foundation uses the Julian calendar before October 1582, RFC 3339 always the Gregorian one.
    for milliseconds in stride(from: Int64(-11_676_096_000_000), through: 253_402_300_799_999, by: 86_399_999_123) {
      let date = Date(timeIntervalSince1970: TimeInterval(milliseconds) / 1000)
      let ours = WallTime(milliseconds: milliseconds).rfc3339
      #expect(ours.dropLast(5) == formatter.string(from: date).dropLast(5))
      let fraction = ((milliseconds % 1000) + 1000) % 1000
      #expect(ours.hasSuffix(String(format: ".%03dZ", fraction)))
    }
  }

  @Test(
    "RFC 3339 of known instants",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func knownInstants(milliseconds: Int64, text: String) {
    #expect(WallTime(milliseconds: milliseconds).rfc3339 == text)
  }

  @Test("an instant that RFC 3339 can't write becomes the nearest one that it can")
  func beyondTheYears() {
    #expect(WallTime(milliseconds: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
    #expect(WallTime(milliseconds: .min).rfc3339 == "0001-01-01T00:00:00.000Z")
  }

  @Test("arithmetic stays at the end of the range instead of overflowing")
  func saturates() {
    let last = MonotonicTime(nanoseconds: .max)
    let first = MonotonicTime(nanoseconds: .min)
    #expect(last + .seconds(1) == last)
    #expect(first + .seconds(-1) == first)
    #expect((last - first).wholeNanoseconds == .max)
    #expect((first - last).wholeNanoseconds == .min)
    #expect(WallTime(milliseconds: .max) + .seconds(1) == WallTime(milliseconds: .max))
    #expect((WallTime(milliseconds: .min) - WallTime(milliseconds: .max)).wholeMilliseconds == .min)
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
  }

  @Test("arithmetic is exact to the nanosecond or millisecond")
  func arithmetic() {
    #expect(MonotonicTime(nanoseconds: 5) + .nanoseconds(7) == MonotonicTime(nanoseconds: 12))
    #expect(MonotonicTime(nanoseconds: 5) - MonotonicTime(nanoseconds: 7) == .nanoseconds(-2))
    #expect(WallTime(milliseconds: 5) + .milliseconds(7) == WallTime(milliseconds: 12))
    #expect(Duration.milliseconds(1500).wholeMicroseconds == 1_500_000)
    #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
  }

  @Test("the machine's clocks go forward")
  func machine() {
    let time = SystemTime()
    let before = (time.wall, time.monotonic)
    #expect(time.wall >= before.0)
    #expect(time.monotonic >= before.1)
    #expect(abs(Date().timeIntervalSince1970 - TimeInterval(time.wall.milliseconds) / 1000) < 60)
  }

  @Test(
    "durations are parsed as people write them",
    arguments: [
      ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("4h", 14_400_000), ("7d", 604_800_000), ("1h30m", 5_400_000),
      ("1d2h3m4s5ms", 93_784_005), ("0s", 0), ("007s", 7000), ("1s500ms", 1500),
    ] as [(String, Int64)])
  func readsDurations(text: String, milliseconds: Int64) {
    #expect(Duration(text: text) == .milliseconds(milliseconds))
  }

  @Test(
    "other texts aren't durations",
    arguments: [
      "", "30", "s", "30 s", " 30s", "30s ", "1.5h", "-1s", "+1s", "1m1h", "1s1s", "1S", "1w", "1h30",
      "9999999999999999d",
      "99999999999999999999s", "106751991168d", "٣s",
    ])
  func refusesDurations(text: String) {
    #expect(Duration(text: text) == nil)
  }

  @Test(
    "a duration's text reads back as the duration",
    arguments: [0, 1, 999, 1000, 61_000, 5_400_000, 93_784_005, Int64.max])
  func durationText(milliseconds: Int64) {
    let duration = Duration.milliseconds(milliseconds)
    #expect(Duration(text: duration.text) == duration)
  }

  @Test("a duration's text uses the longest units")
  func shortestText() {
    #expect(Duration.seconds(5400).text == "1h30m")
    #expect(Duration.milliseconds(-1500).text == "-1s500ms")
    #expect(Duration.zero.text == "0s")
  }
}
