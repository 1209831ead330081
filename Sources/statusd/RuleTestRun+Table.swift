import Backtest
import Console
import Platform
import Records
import Settings

extension RuleTestRun {
  /// The transitions and the expected ones, for people: one line each.
  var table: String {
    if lines.isEmpty { return "          no transitions\n" }
    var table = Table(rightAligned: [1])
    for line in lines {
      switch line {
      case .met(let transition): table.append([" "] + row(transition))
      case .unexpected(let transition): table.append(["+"] + row(transition) + ["not expected"])
      case .missing(let expected): table.append(["-"] + row(expected) + ["line \(expected.position.line): missing"])
      case .differs(let transition, let expected, let parts):
        table.append(["~"] + row(transition) + ["line \(expected.position.line): \(parts.joined(separator: "; "))"])
      }
    }
    return table.lines.map { "        \($0)\n" }.joined()
  }

  private func row(_ transition: Transition) -> [String] {
    [
      time(of: transition.timestamp).text, transition.status.rawValue, transition.severity.name, transition.rule,
      transition.subject, transition.value.shown,
      "since \(time(of: transition.since).text)",
    ]
  }

  private func row(_ expected: RuleTests.Expectation) -> [String] {
    [
      expected.at.text, expected.status.rawValue, expected.severity?.name ?? "", expected.rule, expected.host,
      expected.value?.shown ?? "",
      expected.since.map { "since \($0.text)" } ?? "",
    ]
  }
}
