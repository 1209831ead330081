import Records
import Testing

@testable import Rules

@Suite("The problems of a rule")
struct RuleProblemsTests {
  private func paths(_ change: (inout Rule) -> Void) -> [[String]] {
    var rule = cpuHigh(warning: 80, critical: 90)
    change(&rule)
    return rule.problems().map(\.path)
  }

  @Test("a rule that uses every key has none")
  func right() {
    let problems = paths {
      $0.clear = Rule.Limits(warning: 80, critical: 70)
      $0.hold = .seconds(30)
      $0.keepFiringFor = .seconds(60)
      $0.noDataAfter = .seconds(90)
      $0.noData = .alert
      $0.repeatEvery = .seconds(3600)
      ($0.window, $0.aggregate) = (.seconds(60), .percentile(95))
      $0.match = [Rule.Match(field: "host", glob: "web-*")]
      $0.labels = [Transition.Label(name: "team", value: "infra")]
      $0.summary = "{{host}} {{ value }} {{labels.team}} }} {"
    }
    #expect(problems.isEmpty)
  }

  @Test("a name is 1 to 100 letters, digits, dots, underscores and hyphens", arguments: ["", "a b", "a/b", "ä"])
  func name(name: String) {
    #expect(paths { $0.name = name } == [["name"]])
    #expect(paths { $0.name = String(repeating: "x", count: 101) } == [["name"]])
    #expect(paths { $0.name = String(repeating: "x", count: 100) }.isEmpty)
  }

  @Test("a rule needs a metric and a limit")
  func missing() {
    #expect(paths { $0.metric = "" } == [["metric"]])
    #expect(paths { $0.limits = Rule.Limits() } == [["above"]])
  }

  @Test("the warning limit is reached before the critical one")
  func order() {
    #expect(paths { $0.limits = Rule.Limits(warning: 90, critical: 80) } == [["above"]])
    #expect(paths { $0.limits = Rule.Limits(warning: 90, critical: 90) } == [["above"]])
    #expect(paths { ($0.side, $0.limits) = (.below, Rule.Limits(warning: 80, critical: 90)) } == [["below"]])
    #expect(paths { ($0.side, $0.limits) = (.below, Rule.Limits(warning: 90, critical: 80)) }.isEmpty)
  }

  @Test("clear is not beyond its limit, and is for a level that the rule has")
  func clear() {
    #expect(paths { $0.clear.warning = 80.5 } == [["clear", "warning"]])
    #expect(
      paths { ($0.limits, $0.clear) = (Rule.Limits(critical: 90), Rule.Limits(warning: 1)) } == [["clear", "warning"]])
    #expect(
      paths { ($0.limits, $0.clear) = (Rule.Limits(warning: 90), Rule.Limits(critical: 1)) } == [["clear", "critical"]])
    #expect(
      paths { ($0.side, $0.limits, $0.clear) = (.below, Rule.Limits(critical: 10), Rule.Limits(critical: 9)) }
        == [["clear", "critical"]])
  }

  @Test("limits are finite numbers")
  func finite() {
    #expect(paths { $0.limits.critical = .infinity } == [["above", "critical"]])
    #expect(paths { $0.clear.warning = .nan } == [["clear", "warning"]])
  }

  @Test("durations aren't negative, and no_data_after isn't zero")
  func durations() {
    #expect(paths { ($0.hold, $0.keepFiringFor) = (.seconds(-1), .seconds(-1)) } == [["for"], ["keep_firing_for"]])
    #expect(paths { $0.noDataAfter = .zero } == [["no_data_after"]])
  }

  @Test("a summary uses only existing names")
  func summary() {
    #expect(paths { $0.summary = "{{hots}}" } == [["summary"]])
    #expect(paths { $0.summary = "{{labels.team}}" } == [["summary"]])
    #expect(paths { $0.summary = "{{host" } == [["summary"]])
  }

  @Test("window and aggregate need each other")
  func windows() {
    #expect(paths { $0.window = .seconds(60) } == [["window"]])
    #expect(paths { $0.aggregate = .avg } == [["aggregate"]])
    #expect(paths { ($0.window, $0.aggregate) = (.seconds(60), .percentile(100)) }.contains(["aggregate"]))
  }

  @Test("at_least excludes for, and its first number isn't above the second")
  func atLeast() {
    #expect(paths { ($0.atLeast, $0.hold) = (Rule.AtLeast(count: 3, of: 5), .seconds(1)) } == [["at_least"]])
    #expect(paths { $0.atLeast = Rule.AtLeast(count: 6, of: 5) } == [["at_least"]])
    #expect(paths { $0.atLeast = Rule.AtLeast(count: 0, of: 5) } == [["at_least"]])
    #expect(paths { $0.atLeast = Rule.AtLeast(count: 1, of: 256) }.isEmpty)
    #expect(paths { $0.atLeast = Rule.AtLeast(count: 1, of: 257) } == [["at_least"]])
  }

  @Test("samples that come too slowly for no_data_after or a window get an advice")
  func advice() {
    let rule = cpuHigh(hold: .seconds(600), noDataAfter: .seconds(60))
    #expect(rule.advice(samplesEvery: .seconds(300))?.path == ["no_data_after"])
    #expect(rule.advice(samplesEvery: .seconds(60)) == nil)
    #expect(cpuHigh(noDataAfter: .seconds(60)).advice(samplesEvery: .seconds(300)) == nil)
    let silent = cpuHigh(noDataAfter: .seconds(60)).onSilence(.alert)
    #expect(silent.advice(samplesEvery: .seconds(300))?.message.contains("for silence") == true)
    #expect(silent.advice(samplesEvery: .seconds(60)) == nil)
    #expect(cpuHigh().over(60, .rate).advice(samplesEvery: .seconds(60))?.path == ["window"])
    #expect(cpuHigh().over(60, .rate).advice(samplesEvery: .seconds(59)) == nil)
    #expect(cpuHigh().over(60, .max).advice(samplesEvery: .seconds(60)) == nil)
  }
}
