import Records
import Rules
import Testing

@testable import Settings

@Suite("Rules in the file")
struct RuleReadingTests {
  private func rule(_ lines: String) -> Rule? {
    load("kafka.brokers = \"a:1\"\n[[rule]]\nname = \"r\"\nmetric = \"m\"\n\(lines)").settings?.rules.first
  }

  private func problems(_ lines: String) -> [String] {
    complaints(besideBrokers: "[[rule]]\nname = \"r\"\nmetric = \"m\"\n\(lines)")
  }

  @Test("every key of a rule is read")
  func everything() {
    var expected = Rule(
      name: "r", metric: "m", side: .above, limits: Rule.Limits(warning: 80, critical: 95.5))
    expected.clear = Rule.Limits(warning: 70, critical: 85)
    expected.hold = .seconds(30)
    expected.keepFiringFor = .seconds(90)
    expected.noDataAfter = .seconds(120)
    expected.match = [.init(field: "host", glob: "web-*"), .init(field: "az", glob: "?")]
    expected.labels = [.init(name: "a", value: "1"), .init(name: "team", value: "infra")]
    expected.summary = "CPU of {{host}} costs ${MONEY}"
    let read = rule(
      """
      above = { critical = 95.5, warning = 80 }
      clear.warning = 70
      clear.critical = 85
      for = "30s"
      keep_firing_for = "1m30s"
      no_data = "keep"
      no_data_after = "2m"
      aggregate = "last"
      match = { host = "web-*", az = "?" }
      labels = { team = "infra", a = "1" }
      summary = "CPU of {{host}} costs ${MONEY}"
      """)
    #expect(read == expected)
  }

  @Test(
    "texts too large for a record are refused with sizes: a long summary, many copies of a label, all rules together"
  )
  func sizes() throws {
    func complaint(_ lines: String, _ more: String = "") throws -> String {
      let rule = "[[rule]]\nname = \"r\"\nmetric = \"m\"\nabove = 1\n"
      return try #require(complaints(besideBrokers: more + rule + lines).first)
    }
    let small = "kafka.properties.\"message.max.bytes\" = 20000\n"
    let summary = try complaint("summary = \"\(String(repeating: "x", count: 30_000))\"", small)
    #expect(summary.hasPrefix("file.toml:7:"))
    #expect(summary.contains("an alert has up to 3"))
    #expect(summary.contains("a record at most 20000"))
    let label = String(repeating: "y", count: 1000)
    let places = String(repeating: "{{labels.a}}", count: 60_000)
    #expect(try complaint("labels = { a = \"\(label)\" }\nsummary = \"\(places)\"").contains("has up to 60"))
    let many = (0..<400).map { number in
      "[[rule]]\nname = \"r\(number)\"\nmetric = \"m\"\nabove = 1\nsummary = \"\(String(repeating: "z", count: 100))\"\n"
    }
    func speak(_ complaints: [String]) -> Bool { complaints.contains { $0.contains("the 400 rules have up to") } }
    #expect(speak(complaints(besideBrokers: small + many.joined())))
    #expect(!speak(complaints(besideBrokers: many.joined())))
  }

  @Test("a single number is the critical limit")
  func oneNumber() {
    #expect(rule("below = 5")?.limits == Rule.Limits(critical: 5))
    #expect(rule("below = 5")?.side == .below)
    #expect(rule("above = 9.5\nclear = 9")?.clear == Rule.Limits(critical: 9))
  }

  @Test("a complaint about a rule has the rule's name and the place")
  func wrong() {
    #expect(
      problems("above = \"90\"") == [
        "file.toml:5:9: rule r: above: that is a text: write a number, or { warning = 80, critical = 95 }"
      ])
    #expect(problems("above = nan") == ["file.toml:5:9: rule r: above: nan and inf are no limits: write a number"])
    #expect(
      problems("above = { critical = \"x\" }") == [
        "file.toml:5:22: rule r: above.critical: that is a text: write a number without quotes"
      ])
    #expect(
      problems("above = {}") == [
        "file.toml:5:9: rule r: above: it has no limit: write warning, critical or both"
      ])
    #expect(
      problems("above = { high = 1 }").first
        == "file.toml:5:11: rule r: above: unknown key high; a limit has warning, critical")
    #expect(problems("") == ["file.toml:2:1: rule r: above or below is missing: write the limit, above = 90"])
    #expect(
      problems("above = 1\nmatch = \"web-*\"") == [
        "file.toml:6:9: rule r: match: that is a text: write a glob in quotes, as in match = { host = \"web-*\" }"
      ])
    #expect(
      problems("above = 1\nlabels = { cost = 5 }") == [
        "file.toml:6:19: rule r: labels.cost: that is a whole number: write a text in quotes, as in labels = { team = "
          + "\"infra\" }"
      ])
    #expect(
      problems("above = 1\nkeep_fireing_for = \"1s\"") == [
        "file.toml:6:1: rule r: unknown key keep_fireing_for; did you mean keep_firing_for?"
      ])
    #expect(
      problems("above = 1\nzzz = \"1s\"").first?.hasPrefix("file.toml:6:1: rule r: unknown key zzz; a rule has ")
        == true)
  }

  @Test("a rule without a name is called by its number")
  func number() {
    #expect(
      complaints(besideBrokers: "[[rule]]\nname = \"a\"\nmetric = \"m\"\nabove = 1\n[[rule]]\nabove = 1") == [
        "file.toml:6:1: rule 2: name is missing", "file.toml:6:1: rule 2: metric is missing",
      ])
  }

  @Test("if the hosts may need more memory than the unit allows, there is advice with the figures")
  func memory() {
    let rule = "[[rule]]\nname = \"r\"\nmetric = \"m\"\nabove = 1\n"
    func advice(_ evaluator: String, _ more: String = "") -> [String] {
      load("[kafka]\nbrokers = \"a:1\"\n[evaluator]\n\(evaluator)\n\(rule)\(more)").complaints.map(\.description)
    }
    #expect(advice("").isEmpty)
    #expect(advice("", "window = \"1m\"\naggregate = \"avg\"").isEmpty)
    let many = advice("max_subjects = 5_000_000")
    #expect(many.count == 1)
    #expect(many.first?.hasPrefix("file.toml:4:16: advice: evaluator.max_subjects: a host takes about 2") == true)
    #expect(advice("max_subjects = 1_000_000_000", "window = \"300d\"\naggregate = \"p95\"").count == 1)
    #expect(advice("max_subjects = 1000", "window = \"1h\"\naggregate = \"max\"").isEmpty)
    #expect(advice("max_subjects = 0").count == 1)
  }

  @Test("a hold that can't be met at the agent's interval gets advice")
  func pace() {
    let text = "[agent]\ninterval = \"2m\"\n[[rule]]\nname = \"r\"\nmetric = \"m\"\nabove = 1\nfor = \"5m\"\n"
    #expect(complaints(besideBrokers: text).isEmpty)
    let all = load("kafka.brokers = \"a:1\"\n" + text + "no_data_after = \"1m\"")
    #expect(all.complaints.map(\.weight) == [.advice])
    #expect(
      all.complaints.first?.description.hasPrefix("file.toml:9:17: advice: rule r: samples come every 2m") == true)
    #expect(all.settings != nil)
    #expect(
      complaints(besideBrokers: "run.role = \"evaluator\"\n" + text + "no_data_after = \"1m\"").isEmpty)
  }

  @Test("contradictions within a rule are reported at the key")
  func contradictions() {
    let all = problems(
      """
      above = { warning = 95, critical = 80 }
      clear = { warning = 96 }
      summary = "{{nothing}}"
      """)
    #expect(all.count == 3)
    #expect(all[0].hasPrefix("file.toml:5:9: rule r: above: warning (95) is reached after critical (80)"))
    #expect(all[1].hasPrefix("file.toml:6:21: rule r: clear.warning: "))
    #expect(all[2].hasPrefix("file.toml:7:11: rule r: summary: {{nothing}} is unknown"))
    #expect(problems("above = 5\nclear = 6").first?.hasPrefix("file.toml:6:9: rule r: clear.critical: ") == true)
    #expect(
      complaints(besideBrokers: "[[rule]]\nname = \"a/b\"\nmetric = \"\"\nabove = 1").map { $0.prefix(18) } == [
        "file.toml:3:8: rul", "file.toml:4:10: ru",
      ])
  }

  @Test("windows, aggregates and at_least are read, and invalid ones are refused")
  func windows() {
    #expect(
      problems("above = 1\nwindow = \"0s\"") == [
        "file.toml:6:10: rule r: window: that is too short: the minimum is 1ms"
      ])
    #expect(problems("above = 1\naggregate = \"average\"").first?.contains("did you mean") == false)
    #expect(problems("above = 1\naggregate = \"p100\"").count == 1)
    #expect(problems("above = 1\naggregate = \"agv\"").first?.contains("did you mean \"avg\"?") == true)
    for text in ["3", "3 of", "x of 5", "3  of 5", "3of5"] {
      #expect(problems("above = 1\nat_least = \"\(text)\"").first?.contains("such as \"3 of 5\"") == true)
    }
    #expect(problems("above = 1\nat_least = \"6 of 5\"").first?.contains("6 of 5 can never be met") == true)
    #expect(problems("above = 1\nat_least = \"3 of 257\"").first?.contains("the maximum is 256") == true)
    #expect(problems("above = 1\naggregate = \"p95\"\nwindow = \"1m\"").isEmpty)
  }

  @Test("labels must have names that a summary can use, and other wildcards than * and ? get advice")
  func labelsAndGlobs() {
    #expect(
      problems("above = 1\nlabels = { \"a b\" = \"x\" }").first?.hasPrefix("file.toml:6:12: rule r: labels.a b: ")
        == true)
    #expect(problems("above = 1\nlabels = { \"\" = \"x\" }").count == 1)
    #expect(rule("above = 1\nlabels = { team = \"x\" }\nsummary = \"{{labels.team}}\"") != nil)
    #expect(problems("above = 1\nmatch = { host = \"\" }").first?.contains("empty glob") == true)
    #expect(
      problems("above = 1\nmatch = { host = \"web-[12]\" }") == [
        "file.toml:6:18: advice: rule r: match.host: a glob has only * and ?; every other character matches itself"
      ])
  }
}
