import Platform
import Records
import Testing

@testable import Backtest

@Suite("The summary of a backtest")
struct RuleSummaryTests {
  private func row(of transitions: [Transition], until seconds: Int64) -> RuleSummary.Row? {
    var summary = RuleSummary(rules: ["cpu-high"])
    for transition in transitions { summary.take(transition) }
    return summary.rows(until: WallTime(milliseconds: seconds * 1000)).first
  }

  @Test("counts alerts, their firing time, the shortest one, and those that still fire")
  func counts() {
    let row = row(
      of: [
        .sample("a", at: 0), .sample("a", at: 5), .sample("b", at: 10), .sample("a", .resolved, at: 60),
        .sample("b", .resolved, at: 30), .sample("c", at: 100),
      ], until: 130)
    #expect(
      row
        == RuleSummary.Row(
          rule: "cpu-high", alerts: 3, firing: .seconds(110), shortest: .seconds(20), flaps: 0, stillFiring: 1))
  }

  @Test("an alert that fires again within ten minutes of being resolved counts as a flap")
  func flaps() {
    let row = row(
      of: [
        .sample("a", at: 0), .sample("a", .resolved, at: 10), .sample("a", at: 610), .sample("a", .resolved, at: 620),
        .sample("a", at: 1221), .sample("b", at: 1221),
      ], until: 1221)
    #expect(row?.flaps == 1)
    #expect(row?.alerts == 4)
  }

  @Test("a rule that never fired has a row of zeros")
  func quiet() { #expect(row(of: [], until: 0) == RuleSummary.Row(rule: "cpu-high")) }

  @Test("a resolved alert that never fired isn't counted, and a clock set back gives no negative time")
  func odd() {
    let row = row(
      of: [.sample("a", .resolved, at: 0), .sample("b", at: 100), .sample("b", .resolved, at: 50)], until: 0)
    #expect(row == RuleSummary.Row(rule: "cpu-high", alerts: 1, shortest: .zero))
  }
}
