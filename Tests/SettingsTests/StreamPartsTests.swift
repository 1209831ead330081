import Testing

@testable import Settings

@Suite("The parts of streams in the file")
struct StreamPartsTests {
  /// Complaints about a stream `s` of topic `t`; `lines` begin in line 5.
  private func problems(_ lines: String) -> [String] {
    complaints(besideBrokers: "[[stream]]\nname = \"s\"\ntopics = [\"t\"]\n\(lines)")
  }

  @Test(
    "a count has a field and one condition",
    arguments: [
      (
        "a = 5",
        "5: stream s: count.a: that is a whole number: write a condition, such as { field = \"message\", contains = "
          + "\"error\" }"
      ),
      (
        "a = { field = \"f\" }",
        "5: stream s: count.a: it has no condition: write one of equals, contains, matches, above, below"
      ),
      (
        "a = { field = \"f\", below = 1, equals = \"x\" }",
        "31: stream s: count.a: below and equals are both set; keep one, and write a second count for the other"
      ),
      (
        "a = { equals = \"x\" }",
        "5: stream s: count.a: field is missing; write the field that the condition looks at, or set format = \"text\""
      ),
      (
        "a = { field = 1, equals = \"x\" }",
        "15: stream s: count.a.field: that is a whole number: write the name of a field in quotes"
      ),
      ("a = { field = \"\", equals = \"x\" }", "15: stream s: count.a.field: a field needs a name"),
      (
        "a = { field = \"f\", equals = 200 }",
        "29: stream s: count.a.equals: that is a whole number: write a text in quotes"
      ),
      (
        "a = { field = \"f\", contains = \"\" }",
        "31: stream s: count.a.contains: every text contains the empty one; write what to look for"
      ),
      (
        "a = { field = \"f\", matches = \"\" }",
        "30: stream s: count.a.matches: every text matches the empty expression; write what to look for"
      ),
      (
        "a = { field = \"f\", matches = \"[a\" }",
        "30: stream s: count.a.matches: that is no regular expression: missing terminating ] for character class, at "
          + "character 3"
      ),
      (
        "a = { field = \"f\", above = \"5\" }",
        "28: stream s: count.a.above: that is a text: write a number without quotes"
      ),
      ("a = { field = \"f\", above = inf }", "28: stream s: count.a.above: nan and inf are no limits: write a number"),
      (
        "a = { field = \"f\", contain = \"x\", above = 1 }",
        "20: stream s: count.a: unknown key contain; did you mean contains?"
      ),
      (
        "a = { field = \"f\", above = 1, zzz = 1 }",
        "31: stream s: count.a: unknown key zzz; a count has field, equals, contains, matches, above, below"
      ),
      ("\"\" = { field = \"f\", above = 1 }", "6: stream s: count.: a number needs a name: rules watch it by that"),
      (
        "\"a\\tb\" = { field = \"f\", above = 1 }",
        "10: stream s: count.a\\tb: a number's name can't contain control characters"
      ),
      (
        "rate = { field = \"f\", above = 1 }",
        "8: stream s: count.rate: readings have a field rate of their own; choose another name"
      ),
    ])
  func counts(line: String, expected: String) {
    #expect(problems("[stream.count]\n" + line) == ["file.toml:6:\(expected)"])
  }

  @Test("each number of a reading has a name of its own")
  func numbers() {
    #expect(
      problems(
        """
        [stream.count]
        a = { field = "f", above = 1 }
        a_share = { field = "f", above = 2 }
        x_max = { field = "f", above = 3 }
        [stream.measure]
        x = ["min", "max"]
        delay_ms = ["sum", "avg"]
        [stream.distinct]
        a = { field = "f", over = "1s" }
        x_min = { field = "f", over = "1s" }
        host = { field = "f", over = "1s" }
        """) == [
          "file.toml:7:11: stream s: count.a_share: count.a gives readings a number \"a_share\", too; choose another name",
          "file.toml:10:13: stream s: measure.x.max: count.x_max gives readings a number \"x_max\", too; leave this "
            + "statistic out",
          "file.toml:11:20: stream s: measure.delay_ms.avg: readings have a field delay_ms_avg of their own; leave this "
            + "statistic out",
          "file.toml:13:5: stream s: distinct.a: count.a gives readings a number \"a\", too; choose another name",
          "file.toml:14:9: stream s: distinct.x_min: measure.x.min gives readings a number \"x_min\", too; choose another "
            + "name",
          "file.toml:15:8: stream s: distinct.host: readings have a field host of their own; choose another name",
        ])
  }

  @Test(
    "a measure is a list of statistics",
    arguments: [
      (
        "a = \"avg\"",
        "5: stream s: measure.a: that is a text: write some of avg, min, max, sum in brackets, as in [\"avg\", "
          + "\"max\"]"
      ),
      ("a = []", "5: stream s: measure.a: it has no statistic: write some of avg, min, max, sum"),
      ("a = [\"agv\"]", "6: stream s: measure.a: unknown word; did you mean \"avg\"? Write one of avg, min, max, sum"),
      ("a = [\"max\", \"avg\", \"max\"]", "20: stream s: measure.a.max: max is there twice; leave one of them out"),
      ("\"\" = [\"max\"]", "6: stream s: measure.: a field needs a name"),
    ])
  func measures(line: String, expected: String) {
    #expect(problems("[stream.measure]\n" + line) == ["file.toml:6:\(expected)"])
  }

  @Test(
    "a distinct count has a field and a time, a multiple of the interval",
    arguments: [
      (
        "a = \"host\"",
        "5: stream s: distinct.a: that is a text: write a field and a time, such as { field = \"host\", over = \"30s\" }"
      ),
      ("a = { field = \"f\" }", "5: stream s: distinct.a: over is missing"),
      ("a = { over = \"30s\" }", "5: stream s: distinct.a: field is missing"),
      (
        "a = { field = \"f\", over = \"45s\" }",
        "27: stream s: distinct.a.over: 45s isn't a multiple of the interval, 30s; write \"1m\""
      ),
      (
        "a = { field = \"f\", over = \"10s\" }",
        "27: stream s: distinct.a.over: 10s isn't a multiple of the interval, 30s; write \"30s\""
      ),
      ("a = { field = \"f\", over = \"2h\" }", "27: stream s: distinct.a.over: that is too long: the maximum is 1h"),
      (
        "a = { field = \"f\", ovr = \"30s\", over = \"30s\" }",
        "20: stream s: distinct.a: unknown key ovr; did you mean over?"
      ),
      ("a = { field = \"\", over = \"30s\" }", "15: stream s: distinct.a.field: a field needs a name"),
    ])
  func distincts(line: String, expected: String) {
    #expect(problems("interval = \"30s\"\n[stream.distinct]\n" + line) == ["file.toml:7:\(expected)"])
  }

  @Test("a format without fields refuses the keys that need them, with what to do")
  func formats() {
    let lines = """
      time = "t"
      by = "b"
      [stream.count]
      a = { field = "f", equals = "x" }
      b = { above = 1 }
      [stream.measure]
      m = ["avg"]
      [stream.distinct]
      d = { field = "f", over = "1s" }
      """
    #expect(
      problems("format = \"text\"\n" + lines) == [
        "file.toml:6:8: stream s: time: a text has no fields; leave time out, or set format = \"json\"",
        "file.toml:7:6: stream s: by: a text has no fields; leave by out, write by = \"key\", or set format = \"json\"",
        "file.toml:9:15: stream s: count.a.field: a text has no fields; leave field out, so that the condition looks at "
          + "all of it, or set format = \"json\"",
        "file.toml:10:15: stream s: count.b.above: a text is no number; write equals, contains or matches, or set format "
          + "= \"json\"",
        "file.toml:11:1: stream s: measure: a text has no fields; leave measure out, or set format = \"json\"",
        "file.toml:13:1: stream s: distinct: a text has no fields; leave distinct out, or set format = \"json\"",
      ])
    let why = "with format = \"none\" records are only counted; leave"
    #expect(
      problems("format = \"none\"\n" + lines) == [
        "file.toml:6:8: stream s: time: \(why) time out, or set format = \"json\"",
        "file.toml:7:6: stream s: by: \(why) by out, write by = \"key\", or set format = \"json\"",
        "file.toml:8:1: stream s: count: \(why) count out, or set format = \"json\"",
        "file.toml:11:1: stream s: measure: \(why) measure out, or set format = \"json\"",
        "file.toml:13:1: stream s: distinct: \(why) distinct out, or set format = \"json\"",
      ])
    #expect(problems("format = \"txt\"\n" + lines).count == 1)
  }

  @Test("a mistake in the interval isn't told again at distinct counts")
  func interval() {
    let lines = "interval = \"1h1s\"\n[stream.distinct]\nd = { field = \"f\", over = \"1m30s\" }"
    #expect(problems(lines) == ["file.toml:5:12: stream s: interval: that is too long: the maximum is 1h"])
  }

  @Test(
    "a stream has a bounded number of parts",
    arguments: [
      ("count", 50, "counts", "{ field = \"f\", above = 1 }"), ("measure", 50, "measured fields", "[\"avg\"]"),
      ("distinct", 20, "distinct counts", "{ field = \"f\", over = \"1s\" }"),
    ])
  func bounds(table: String, most: Int, what: String, value: String) {
    func lines(_ count: Int) -> String {
      "[stream.\(table)]\n" + (0..<count).map { "x\($0) = \(value)\n" }.joined()
    }
    #expect(problems(lines(most)) == [])
    #expect(
      problems(lines(most + 1)) == [
        "file.toml:5:1: stream s: \(table): a stream has at most \(most) \(what), and these are \(most + 1)"
      ])
    #expect(problems(lines(20_000)).count == 1)
  }
}
