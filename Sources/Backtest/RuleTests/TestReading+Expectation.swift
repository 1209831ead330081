import Settings
import Platform
import Records

extension TestReading {
  private static let keys = [
    "at", "rule", "host", "status", "severity", "value", "since", "previous", "reason", "repeat", "summary",
  ]

  /// Reads an expected transition. Rule and host may be left out if the test has only one.
  func readExpectation(_ table: Int, of test: RuleTests.Test) -> RuleTests.Expectation {
    let position = document.nodes[table].position
    var expected = RuleTests.Expectation(position: position, at: .zero, rule: "", host: "", status: .firing)
    let rules = test.settings.rules.map(\.name)
    let hosts = test.series.map(\.host).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    if rules.count == 1 { expected.rule = rules[0] }
    if hosts.count == 1 { expected.host = hosts[0] }
    let longest = Duration.seconds(100 * 365 * 86_400)
    for child in document.nodes[table].children {
      let key = document.nodes[child].key
      let place = NamedValue(reading: reading, node: child, name: "expect: \(key)")
      switch key {
      case "at": expected.at = place.duration(.zero...longest) ?? .zero
      case "since": expected.since = place.duration(.zero...longest)
      case "rule": expected.rule = name(place, "rule", rules)
      case "host": expected.host = name(place, "series of host", hosts)
      case "status":
        expected.status = place.word(of: ["firing", "resolved"]).flatMap(Transition.Status.init) ?? .firing
      case "severity": expected.severity = place.word(of: ["warning", "critical"]).flatMap { Severity($0) }
      case "previous":
        expected.previous = place.word(of: ["inactive", "firing"]).flatMap(Transition.Previous.init)
      case "reason":
        expected.reason = place.word(of: ["no data", "forgotten"]).flatMap(Transition.Reason.init)
      case "value": expected.value = place.number()
      case "repeat": expected.repeat = place.integer(1...Int64.max)
      case "summary": expected.summary = place.rawText("write a text in quotes")
      default: complainOfUnknown(child, "an expected transition", Self.keys)
      }
    }
    var needed = ["at", "status"]
    if rules.count != 1 { needed.append("rule") }
    if hosts.count != 1 { needed.append("host") }
    for key in needed where document.child(key, of: table) == nil {
      reading.complain(at: position, "expect: \(key) is missing")
    }
    return expected
  }

  private func name(_ place: NamedValue, _ what: String, _ known: [String]) -> String {
    guard let name = place.rawText("write a name in quotes") else { return "" }
    if !known.contains(name) { place.complain(DocumentReading.missing(what, name, known)) }
    return name
  }
}

extension NamedValue {
  /// A time with its zone, as a text.
  func time() -> WallTime? {
    let wanted = "write a time in quotes, such as \"2026-11-22T18:00:00Z\""
    guard let text = rawText(wanted) else { return nil }
    if let time = WallTime(rfc3339: text) { return time }
    complain("that is no time: \(wanted)")
    return nil
  }
}
