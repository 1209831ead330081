import JSON
import Platform
import Records
import Testing

@testable import Console

@Suite("The alerts that fire now")
struct CurrentAlertsTests {
  private static func transition(
    _ rule: String, _ host: String, _ severity: Severity = .critical, since seconds: Int64 = 0,
    _ status: Transition.Status = .firing, summary: String? = nil
  ) -> Transition {
    Transition(
      timestamp: WallTime(milliseconds: seconds * 1000), status: status, severity: severity, rule: rule, subject: host,
      metric: "cpu_usage", value: 97.25, threshold: 95, since: WallTime(milliseconds: seconds * 1000),
      previous: .inactive, summary: summary, labels: [.init(name: "team", value: "infra")],
      source: SourcePosition(topic: "status_topic", partition: 0, offset: 1))
  }

  private func take(_ transition: Transition, into alerts: inout CurrentAlerts) {
    var writer = Writer()
    transition.encode(into: &writer)
    take(writer.bytes, key: transition.key, into: &alerts)
  }

  private func take(_ value: [UInt8]?, key: String?, into alerts: inout CurrentAlerts) {
    func take(_ key: UnsafeRawBufferPointer?) {
      guard let value else { return alerts.take(key: key, value: nil) }
      value.withUnsafeBytes { alerts.take(key: key, value: $0) }
    }
    if let key { Array(key.utf8).withUnsafeBytes { take($0) } } else { take(nil) }
  }

  @Test("the last record of each key counts, and a tombstone or a resolved alert removes it")
  func last() {
    var alerts = CurrentAlerts()
    take(Self.transition("a", "web-1", .warning), into: &alerts)
    take(Self.transition("a", "web-1", .critical), into: &alerts)
    take(Self.transition("a", "web-2"), into: &alerts)
    take(nil, key: "a/web-2", into: &alerts)
    take(Self.transition("a", "web-3"), into: &alerts)
    take(Self.transition("a", "web-3", .critical, .resolved), into: &alerts)
    take(nil, key: "a/web-4", into: &alerts)
    #expect(alerts.firing().map(\.transition) == [Self.transition("a", "web-1", .critical)])
    #expect(alerts.foreign == 0)
  }

  @Test("the worst comes first, then the one that has fired longest")
  func order() {
    var alerts = CurrentAlerts()
    for (rule, severity, since) in [
      ("d", .warning, 1), ("b", .critical, 9), ("a", .critical, 5), ("c", .warning, 1), ("e", .warning, 0),
    ] as [(String, Severity, Int64)] {
      take(Self.transition(rule, "web-1", severity, since: since), into: &alerts)
    }
    #expect(alerts.firing().map(\.transition.rule) == ["a", "b", "e", "c", "d"])
  }

  @Test("a match filters by the transition's fields")
  func matches() throws {
    var alerts = CurrentAlerts()
    take(Self.transition("a", "web-1"), into: &alerts)
    take(Self.transition("a", "db-1"), into: &alerts)
    let match = try #require(FieldMatch("host=web-*"))
    #expect(alerts.firing(matching: [match]).map(\.transition.subject) == ["web-1"])
    #expect(alerts.firing(matching: [match, try #require(FieldMatch("severity=warning"))]).isEmpty)
  }

  @Test("records without a key, and those that aren't transitions, are counted and ignored")
  func foreign() {
    var alerts = CurrentAlerts()
    take(Array("{}".utf8), key: "a/web-1", into: &alerts)
    take(Array("{}".utf8), key: nil, into: &alerts)
    #expect(alerts.firing().isEmpty)
    #expect(alerts.foreign == 2)
  }

  @Test("lines are aligned, and say for how long an alert has fired")
  func lines() {
    var alerts = CurrentAlerts()
    take(Self.transition("memory-high", "web-1\u{1B}", .warning, since: 0), into: &alerts)
    take(Self.transition("cpu", "database-1", since: 3600, summary: "CPU of database-1"), into: &alerts)
    let lines = CurrentAlerts.lines(
      alerts.firing(), now: WallTime(milliseconds: 90_061_000), colours: Colours(isOn: false))
    let reading = "cpu_usage 97.25 (limit 95)"
    #expect(
      lines == """
        critical  cpu          database-1   \(reading)    for 1d1m  since 1970-01-01T01:00:00.000Z  CPU of database-1
        warning   memory-high  web-1\\u{1B}  \(reading)  for 1d1h1m  since 1970-01-01T00:00:00.000Z

        """)
    let coloured = CurrentAlerts.lines(alerts.firing(), now: WallTime(milliseconds: 0), colours: Colours(isOn: true))
    #expect(coloured.hasPrefix("\u{1B}[1;31mcritical\u{1B}[0m  cpu "))
  }
}
