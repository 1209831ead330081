import Testing

@testable import Backtest

/// Arithmetic that goes wrong in other systems' windows, and its expected results.
@Suite("Trouble with windows")
struct WindowTroubleTests {
  private func rule(_ name: String, _ aggregate: String, _ window: String, _ limit: String) -> String {
    History.rule(name, on: "x", "window = \"\(window)\"\naggregate = \"\(aggregate)\"\n\(limit)")
  }

  private func lines(_ values: [Double]) -> [String] {
    values.enumerated().map { History.line(Double($0), "{\"x\":\($1)}") }
  }

  @Test("equal values have exactly that average and a deviation of 0, however many they are")
  func equalValues() throws {
    for value in [0.1, 90.1, 1.1102230246251565e-16, 3.3e300] {
      let history = try History(
        rules: rule("over", "avg", "20s", "above = \(value)") + rule("under", "avg", "20s", "below = \(value)")
          + rule("spread", "stddev", "20s", "above = 0"),
        lines(Array(repeating: value, count: 100)))
      #expect(history.told == [], "\(value)")
    }
  }

  @Test("a huge value leaves no error after it has left the window, and small values beside it aren't lost")
  func spikes() throws {
    var values = Array(repeating: 2.0, count: 40)
    // Their sum is 0. It shows only while just one of them is in the window.
    values[10] = 1e18
    values[11] = -1e18
    let history = try History(
      rules: rule("low", "avg", "10s", "below = 1.5") + rule("sum", "sum", "4s", "above = 7.5"), lines(values))
    #expect(
      history.told == [
        "12:00:03.000 firing critical sum/web-1 8 since 12:00:03.000",
        "12:00:11.000 resolved critical sum/web-1 4 since 12:00:11.000",
        "12:00:15.000 firing critical sum/web-1 8 since 12:00:15.000",
        "12:00:20.000 firing critical low/web-1 -100000000000000000 since 12:00:20.000",
        "12:00:21.000 resolved critical low/web-1 2 since 12:00:21.000",
      ])
  }

  @Test("a percentile is the value at its rank, computed with whole numbers")
  func percentiles() throws {
    // In the values 1 to 100 the value at rank q is q itself.
    let rules = [28, 55, 56, 57, 95].map { rank in
      rule("p\(rank)-over", "p\(rank)", "100s", "above = \(rank)")
        + rule("p\(rank)-under", "p\(rank)", "100s", "below = \(rank)\nmatch = { last = \"yes\" }")
    }
    var lines = lines((1...99).map(Double.init))
    lines.append(History.line(99, "{\"x\":100,\"last\":\"yes\"}"))
    let history = try History(rules: rules.joined(), lines)
    #expect(history.told == [])
  }
}
