import Backtest
import Settings
import TestRandom

/// Files of rule tests, through `statusd test`: read, and run where they are short.
struct RuleTestArena: Arena {
  static let name = "rule-tests"

  private let files: [[UInt8]]
  private let path = Repository.root.appending(path: "Config/tests.toml").path

  init() throws { files = [try Repository.file("Config/rules-tests.toml"), Self.everything] }

  mutating func run(_ random: inout SeededRandom) -> String? {
    let text = random.broken(random.pick(files), with: Toml.pieces + Self.samples)
    let loaded = RuleTests.load(text: text, file: path, surroundings: ConfigurationArena.surroundings)
    if let problem = Toml.problem(in: loaded.complaints, hasResult: loaded.tests != nil) {
      return "\(problem); \(shown(text))"
    }
    for test in loaded.tests?.tests ?? [] {
      let steps = test.series.reduce(0) { $0 + $1.values.reduce(0) { max($0, $1.samples.count) } }
      if steps <= Self.mostSteps { _ = RuleTestRun(test).isMet }
    }
    return nil
  }

  /// More would take this door's time for what the others try as well.
  private static let mostSteps = 2000

  private static let samples = ["_", "x10", "1+2x3", "-", "x", "_x1000000", "95x3"].map { Array($0.utf8) }

  private static let everything = Array(
    """
    [[rule]]
    name = "a"
    metric = "m"
    above = { warning = 1, critical = 2 }
    no_data = "alert"
    no_data_after = "10s"
    [[test]]
    name = "n"
    interval = "5s"
    start = "2026-11-20T12:00:00+01:00"
    rules = ["a"]
    series = [{ host = "h", fields = { role = "db" }, values = { m = "1x2 _x4 3-0.5x6", "n o" = "_ 3" } }]
    [[test.expect]]
    at = "5s"
    rule = "a"
    host = "h"
    status = "resolved"
    severity = "warning"
    value = 2
    since = "1s"
    previous = "firing"
    reason = "no data"
    repeat = 3
    summary = "s"
    """.utf8)
}
