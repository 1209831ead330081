import Testing

@testable import Settings

@Suite("[lag] in the file")
struct LagReadingTests {
  private func lag(_ text: String) -> Settings.Lag? { load("kafka.brokers = \"a:1\"\n" + text).settings?.lag }

  @Test("without the table nothing is asked for; the table alone watches all groups")
  func presence() {
    #expect(lag("") == nil)
    #expect(lag("[lag]") == Settings.Lag())
    #expect(Settings.Lag().groups == ["^.*"])
    #expect(Settings.Lag().interval == .seconds(10))
    #expect(Settings.Lag().stalledAfter == .seconds(30))
  }

  @Test("every key is read, and printed again")
  func keys() throws {
    let text = "[lag]\ngroups = [\"billing\", \"^eu-\\\\d+${x}$\"]\ninterval = \"30s\"\nstalled_after = \"5m\""
    var expected = Settings.Lag()
    expected.groups = ["billing", "^eu-\\d+${x}$"]
    expected.interval = .seconds(30)
    expected.stalledAfter = .seconds(300)
    #expect(lag(text) == expected)
    let settings = try #require(load("kafka.brokers = \"a:1\"\n" + text).settings)
    #expect(load(settings.describe()).settings == settings)
    #expect(!Settings(brokers: "a:1", hostName: "h").describe().contains("[lag]"))
  }

  @Test("without groups only the cluster is watched")
  func none() { #expect(lag("[lag]\ngroups = []")?.groups == []) }

  private static let wanted = "write names of consumer groups in brackets, as in groups = [\"billing\"]"

  @Test(
    "a wrong value is refused with the place and what to do",
    arguments: [
      ("groups = \"a\"", "3:10: lag.groups: that is a text: " + LagReadingTests.wanted),
      ("groups = [1]", "3:11: lag.groups: that is a whole number: " + LagReadingTests.wanted),
      ("groups = [\"a\", \"\"]", "3:16: lag.groups: a consumer group's name can't be empty"),
      (
        "groups = [\"^(a\"]",
        "3:11: lag.groups: that is no regular expression: missing closing parenthesis, at character 4"
      ),
      ("interval = \"500ms\"", "3:12: lag.interval: that is too short: the minimum is 1s"),
      ("stalled_after = \"2d\"", "3:17: lag.stalled_after: that is too long: the maximum is 1d"),
      ("group = [\"a\"]", "3:1: unknown key lag.group; did you mean groups?"),
    ])
  func wrong(_ line: String, _ complaint: String) {
    #expect(complaints(besideBrokers: "[lag]\n" + line) == ["file.toml:" + complaint])
  }

  @Test("there are at most 100 names and expressions")
  func many() {
    let names = (0...100).map { "\"g\($0)\"" }.joined(separator: ", ")
    #expect(
      complaints(besideBrokers: "[lag]\ngroups = [\(names)]") == [
        "file.toml:3:10: lag.groups: there are 101: the maximum is 100"
      ])
  }

  @Test("a reload applies changes")
  func reload() throws {
    let one = try #require(load("kafka.brokers = \"a:1\"\n[lag]").settings)
    let other = try #require(load("kafka.brokers = \"a:1\"\n[lag]\ngroups = []\ninterval = \"1m\"").settings)
    #expect(one.changesThatNeedRestart(to: other) == [])
  }
}
