import Platform
import Records
import Rules
import TestSupport
import Testing

@testable import Backtest
@testable import Settings

@Suite("Files of rule tests")
struct RuleTestsReadingTests {
  @Test(
    "samples are numbers, repetitions, rising or falling series, or gaps",
    arguments: [
      ("95", [95]), ("95x3 40", [95, 95, 95, 40]), (" 1.5\n-2e1\t3 ", [1.5, -20, 3]), ("10+5x4", [10, 15, 20, 25]),
      ("10-5x4", [10, 5, 0, -5]), ("-1--2x3", [-1, 1, 3]), ("1e-3-5x2", [0.001, -4.999]),
      ("_ 1 _x2", [nil, 1, nil, nil]),
    ] as [(String, [Double?])])
  func samples(_ text: String, _ expected: [Double?]) throws {
    #expect(try SampleNotation.read(text, limit: 100) == expected)
  }

  @Test(
    "invalid samples are refused",
    arguments: [
      "", "  ", "a", "95x", "95x0", "95x-1", "95x1.5", "x5", "1+2", "+x3", "inf", "nan", "0x10p1", "1e999", "__", "1,2",
      "_+1x2",
      "1++x2",
    ])
  func noSamples(_ text: String) {
    #expect(throws: SampleNotation.Problem.self) { try SampleNotation.read(text, limit: 100) }
  }

  @Test("more samples than the bound are refused before they are created")
  func bound() {
    #expect(throws: SampleNotation.Problem(message: "it has more than 10 samples")) {
      try SampleNotation.read("1x5 1x6", limit: 10)
    }
    #expect(throws: SampleNotation.Problem.self) { try SampleNotation.read("1x9223372036854775807", limit: 10) }
  }

  private static let rule = "[[rule]]\nname = \"a\"\nmetric = \"m\"\nabove = 1\n"

  private func load(_ text: String) -> RuleTests.Loaded { RuleTests.load(text: Array(text.utf8), file: "tests.toml") }

  private func complaints(_ text: String) -> [String] { load(text).complaints.map(\.description) }

  @Test("every key of a test is read")
  func all() throws {
    let loaded = load(
      Self.rule + """
        [[rule]]
        name = "b"
        metric = "m"
        above = 1
        [[test]]
        name = "n"
        interval = "5s"
        start = "2026-11-20T12:00:00+01:00"
        rules = ["a"]
        series = [{ host = "h", fields = { role = "db" }, values = { m = "1x2", "n o" = "_ 3" } }]
        [[test.expect]]
        at = "5s"
        status = "resolved"
        severity = "warning"
        value = 2
        since = "1s"
        previous = "firing"
        reason = "no data"
        repeat = 3
        summary = "s"
        """)
    #expect(loaded.complaints == [])
    let test = try #require(loaded.tests?.tests.first)
    #expect(test.name == "n")
    #expect(test.interval == .seconds(5))
    #expect(test.start.rfc3339 == "2026-11-20T11:00:00.000Z")
    #expect(test.settings.rules.map(\.name) == ["a"])
    #expect(
      test.series == [
        RuleTests.Series(
          stream: nil, host: "h", fields: [.init(name: "role", value: "db")],
          values: [.init(metric: "m", samples: [1, 1]), .init(metric: "n o", samples: [nil, 3])])
      ])
    var expected = RuleTests.Expectation(
      position: .init(line: 15, column: 1), at: .seconds(5), rule: "a", host: "h", status: .resolved)
    expected.severity = .warning
    expected.value = 2
    expected.since = .seconds(1)
    expected.previous = .firing
    expected.reason = .noData
    expected.repeat = 3
    expected.summary = "s"
    #expect(test.expected == [expected])
  }

  @Test("all mistakes are reported at once, each with its place")
  func mistakes() {
    #expect(
      complaints(
        Self.rule + """
          configs = "x"
          [[test]]
          nam = "n"
          interval = 5
          rules = ["other"]
          series = [{ values = { m = "1x" } }, { host = "h", value = 1 }]
          [[test]]
          name = "n"
          interval = "1s"
          start = "yesterday"
          series = [{ host = "h", values = { m = "1" } }, { host = "g", values = { m = "1" } }]
          expect = [{ at = "1s", status = "fires" }, { host = "other", rule = "a", stats = "firing" }]
          """) == [
          "tests.toml:5:1: rule a: unknown key configs; a rule has \(RuleKey.all.map(\.name).joined(separator: ", "))",
          "tests.toml:6:1: test: name is missing",
          "tests.toml:7:1: unknown key nam; did you mean name?",
          "tests.toml:8:12: test: interval: that is a whole number: write a duration in quotes, such as \"30s\"",
          "tests.toml:9:10: test: rules: there is no rule \"other\"; there are a",
          "tests.toml:10:11: series: host is missing",
          "tests.toml:10:28: series: values.m: 1x is no sample: write 95, 95x10, 10+5x4, _ or _x10",
          "tests.toml:10:38: series: values is missing",
          "tests.toml:10:52: unknown key value; did you mean values?",
          "tests.toml:14:9: test: start: that is no time: write a time in quotes, such as \"2026-11-22T18:00:00Z\"",
          "tests.toml:16:11: expect: host is missing",
          "tests.toml:16:33: expect: status: unknown word; write one of firing, resolved",
          "tests.toml:16:44: expect: at is missing",
          "tests.toml:16:44: expect: status is missing",
          "tests.toml:16:53: expect: host: there is no series of host \"other\"; there are h, g",
          "tests.toml:16:74: unknown key stats; did you mean status?",
        ])
  }

  @Test("a file without tests or rules, or with rules from two places, is refused")
  func places() throws {
    #expect(complaints(Self.rule) == ["tests.toml: the file has no test; write one under [[test]]"])
    let test = "[[test]]\nname = \"n\"\ninterval = \"1s\"\nseries = [{ host = \"h\", values = { m = \"1\" } }]\n"
    #expect(
      complaints(test)
        == ["tests.toml: the file has no rules: write config = \"statusd.toml\", or rules under [[rule]]"])
    let folder = try Folder()
    let path = try folder.write("statusd.toml", "kafka.brokers = \"a:1\"\n" + Self.rule)
    #expect(load("config = \"\(path)\"\n" + test).tests?.tests.first?.settings.rules.map(\.name) == ["a"])
    #expect(
      complaints("config = \"\(path)\"\n" + Self.rule + test) == [
        "tests.toml:2:3: config and [[rule]] are both set; keep one"
      ])
  }

  @Test("mistakes in the configuration are reported with its file name, and hide none in the tests")
  func configuration() throws {
    let folder = try Folder()
    let path = try folder.write("statusd.toml", "kafka.brokers = 1\n")
    #expect(
      complaints("config = \"\(path)\"\n[[test]]\nname = \"n\"\n") == [
        "tests.toml:2:1: test: interval is missing", "tests.toml:2:1: test: series is missing",
        "\(path):1:17: kafka.brokers: that is a whole number: write a text in quotes",
      ])
    #expect(complaints("config = \"/nowhere/statusd.toml\"\n[[test]]\nname = 1\n").count == 4)
  }

  @Test("an unreadable file is a complaint")
  func missing() {
    #expect(
      RuleTests.load(path: "/nowhere/tests.toml").complaints.map(\.description)
        == ["/nowhere/tests.toml: the test file doesn't exist"])
  }
}
