import Platform
import Records
import Settings
import TestSupport
import Testing

@testable import Backtest

@Suite("A test of rules")
struct RuleTestRunTests {
  /// Runs the one test whose table has these lines; its rule fires above 90 after 20 s.
  private func run(_ lines: String) throws -> RuleTestRun {
    let loaded = RuleTests.load(
      text: Array(
        """
        [[rule]]
        name = "cpu-high"
        metric = "cpu_usage"
        above = { warning = 80, critical = 90 }
        for = "20s"
        match = { role = "web" }
        summary = "CPU at {{value}}"
        [[test]]
        name = "n"
        interval = "10s"
        \(lines)
        """.utf8), file: "tests.toml")
    return RuleTestRun(try #require(loaded.tests?.tests.first, "\(loaded.complaints)"))
  }

  private let series =
    "series = [{ host = \"web-1\", fields = { role = \"web\" }, values = { cpu_usage = \"95x3 50\" } }]\n"

  private func kinds(_ run: RuleTestRun) -> String {
    run.lines.map { line in
      switch line {
      case .met: " "
      case .differs: "~"
      case .unexpected: "+"
      case .missing: "-"
      }
    }.joined()
  }

  @Test("passes if all transitions are as expected, at their times")
  func passes() throws {
    let run = try run(
      series + """
        expect = [{ at = "30s", status = "resolved" },
          { at = "20s", status = "firing", severity = "critical", since = "0s", value = 95, summary = "CPU at 95" }]
        """)
    #expect(run.isMet)
    #expect(kinds(run) == "  ")
  }

  @Test("rules over a stream's records see the series of that stream, and no others do")
  func streams() throws {
    let loaded = RuleTests.load(
      text: Array(
        """
        [[rule]]
        name = "large"
        stream = "orders"
        metric = "amount"
        above = 100
        [[rule]]
        name = "busy"
        metric = "amount"
        above = 100
        [[test]]
        name = "n"
        interval = "10s"
        series = [{ stream = "orders", host = "acme", values = { amount = "10 500 10" } },
          { host = "web-1", values = { amount = "500 10 10" } }]
        expect = [{ at = "0s", rule = "busy", host = "web-1", status = "firing" },
          { at = "10s", rule = "large", host = "acme", status = "firing", value = 500 },
          { at = "10s", rule = "busy", host = "web-1", status = "resolved" },
          { at = "20s", rule = "large", host = "acme", status = "resolved" }]
        """.utf8), file: "tests.toml")
    let run = RuleTestRun(try #require(loaded.tests?.tests.first, "\(loaded.complaints)"))
    #expect(kinds(run) == "    ", "\(run.lines)")
  }

  @Test("a series of a stream that no rule watches is a mistake")
  func unwatched() {
    let text = """
      [[rule]]
      name = "large"
      stream = "orders"
      metric = "amount"
      above = 100
      [[test]]
      name = "n"
      interval = "10s"
      series = [{ stream = "order", host = "acme", values = { amount = "10" } }]
      """
    let loaded = RuleTests.load(text: Array(text.utf8), file: "tests.toml")
    #expect(
      loaded.complaints.map(\.description) == [
        "tests.toml:9:22: series: stream: there is no rule with stream \"order\"; did you mean \"orders\"?"
      ])
  }

  @Test("fails if a transition is unexpected or missing; both are listed in the order of time")
  func fails() throws {
    #expect(kinds(try run(series)) == "++")
    let run = try run(
      series + "expect = [{ at = \"20s\", status = \"firing\" }, { at = \"25s\", status = \"resolved\" }]")
    #expect(!run.isMet)
    #expect(kinds(run) == " -+")
  }

  @Test("names the fields in which a transition differs")
  func differs() throws {
    let run = try run(
      series + """
        [[test.expect]]
        at = "20s"
        status = "firing"
        severity = "warning"
        since = "10s"
        value = 1
        summary = "x"
        previous = "firing"
        reason = "no data"
        repeat = 2
        [[test.expect]]
        at = "30s"
        status = "resolved"
        """)
    #expect(kinds(run) == "~ ")
    guard case .differs(_, _, let parts)? = run.lines.first else { return }
    #expect(
      parts == [
        "severity is critical, not warning", "value is 95.0, not 1.0", "since is 0s, not 10s",
        "previous is inactive, not firing", "reason is absent, not no data", "repeat is absent, not 2",
        "summary is CPU at 95, not x",
      ])
  }

  @Test("a step without a sample sends nothing, and a host that the rule doesn't match causes nothing")
  func silence() throws {
    let run = try run(
      """
      series = [{ host = "web-1", fields = { role = "web" }, values = { cpu_usage = "95 _x7 95x2" } },
        { host = "db-1", fields = { role = "db" }, values = { cpu_usage = "95x9" } }]
      """)
    #expect(run.isMet)
    #expect(run.lines.isEmpty)
  }

  @Test("silence is judged as the rule says, even between two steps, and a record of the same step prevents it")
  func noData() throws {
    func run(_ samples: String, _ expected: String) throws -> RuleTestRun {
      let loaded = RuleTests.load(
        text: Array(
          """
          [[rule]]
          name = "up"
          metric = "m"
          above = 90
          no_data = "alert"
          no_data_after = "45s"
          [[test]]
          name = "n"
          interval = "30s"
          series = [{ host = "h", values = { m = "\(samples)" } }]
          \(expected)
          """.utf8), file: "tests.toml")
      return RuleTestRun(try #require(loaded.tests?.tests.first, "\(loaded.complaints)"))
    }
    let silent = try run(
      "10 _ 10 10",
      #"expect = [{ at = "45s", status = "firing", reason = "no data" }, { at = "1m", status = "resolved" }]"#)
    #expect(silent.isMet, "\(silent.lines)")
    let alive = try run("10x4", "")
    #expect(alive.isMet, "\(alive.lines)")
  }

  @Test(
    "the example files' tests pass on the example configurations",
    arguments: [("rules", 20), ("fleet", 5), ("orders", 5)])
  func example(_ name: String, _ count: Int) throws {
    let loaded = RuleTests.load(path: packageRoot + "/Config/\(name)-tests.toml")
    #expect(loaded.complaints.map(\.description) == [])
    let tests = try #require(loaded.tests).tests
    #expect(tests.count == count)
    for test in tests {
      let run = RuleTestRun(test)
      #expect(run.isMet, "\(test.name): \(run.lines)")
    }
  }
}
