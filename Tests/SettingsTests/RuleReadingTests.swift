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

  @Test("everything that a rule may say arrives")
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

  @Test("one number is critical's")
  func oneNumber() {
    #expect(rule("below = 5")?.limits == Rule.Limits(critical: 5))
    #expect(rule("below = 5")?.side == .below)
    #expect(rule("above = 9.5\nclear = 9")?.clear == Rule.Limits(critical: 9))
  }

  @Test("what is wrong with a rule is said with its name and its place")
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
        "file.toml:5:9: rule r: above: there is no limit in it: write warning, critical or both"
      ])
    #expect(
      problems("above = { high = 1 }").first
        == "file.toml:5:11: rule r: above: unknown key high; there are warning and critical")
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

  @Test("a rule that lacks its name is called by its number")
  func number() {
    #expect(
      complaints(besideBrokers: "[[rule]]\nname = \"a\"\nmetric = \"m\"\nabove = 1\n[[rule]]\nabove = 1") == [
        "file.toml:6:1: rule 2: name is missing", "file.toml:6:1: rule 2: metric is missing",
      ])
  }

  @Test("what a rule can't do yet is refused")
  func notYet() {
    for line in [
      "window = \"1m\"", "at_least = \"3 of 5\"", "repeat_every = \"4h\"", "aggregate = \"avg\"",
      "no_data = \"alert\"",
    ] {
      let all = problems("above = 1\n\(line)")
      #expect(all.count == 1)
      #expect(all.first?.contains("not yet") == true)
    }
  }

  @Test("a hold that the agent's own pace makes impossible is advice")
  func pace() {
    let text = "[agent]\ninterval = \"2m\"\n[[rule]]\nname = \"r\"\nmetric = \"m\"\nabove = 1\nfor = \"5m\"\n"
    #expect(complaints(besideBrokers: text).isEmpty)
    #expect(
      complaints(besideBrokers: text + "no_data_after = \"1m\"") == [
        "file.toml:8:7: advice: rule r: for can't be met by this agent's records: they are 2m apart, and no_data_after = "
          + "\"1m\" starts it anew at each; make no_data_after longer"
      ])
  }
}
