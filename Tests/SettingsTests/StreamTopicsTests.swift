import Testing

@testable import Settings

@Suite("The topics of streams in the file")
struct StreamTopicsTests {
  @Test(
    "topics are names, or regular expressions, and not statusd's own",
    arguments: [
      (
        #""orders""#,
        "10: stream s: topics: that is a text: write names of topics in brackets, as in topics = [\"orders\"]"
      ),
      ("[]", "10: stream s: topics: a stream needs a topic: write topics = [\"orders\"]"),
      (
        "[1]",
        "11: stream s: topics: that is a whole number: write names of topics in brackets, as in topics = [\"orders\"]"
      ),
      ("[\"a b\"]", "11: stream s: topics: a topic's name may have only letters, digits, '.', '_' and '-'"),
      (
        "[\"orders.*\"]",
        "11: stream s: topics: a topic's name may have only letters, digits, '.', '_' and '-'; a regular expression "
          + "begins with ^"
      ),
      (
        "['^ü(']",
        "11: stream s: topics: \"^ü(\": that is no regular expression: missing closing parenthesis, at character 4"
      ),
      ("[\"a\", \"b\", \"a\"]", "21: stream s: topics: \"a\": it is there twice; leave one of them out"),
      (
        "[\"__consumer_offsets\"]",
        "11: stream s: topics: \"__consumer_offsets\": topics that begin with __ are Kafka's own; leave it out"
      ),
      (
        "[\"statusd-readings\"]",
        "11: stream s: topics: \"statusd-readings\" is statusd's own, topics.readings: the stream's readings would be "
          + "its records; leave it out"
      ),
      (
        "[\"t\", \"alerts\"]",
        "16: stream s: topics: \"alerts\" is statusd's own, topics.alerts: alerts on the stream would be its records; "
          + "leave it out"
      ),
      (
        "[\"alerts-current\"]",
        "11: stream s: topics: \"alerts-current\" is statusd's own, topics.alerts_current: alerts on the stream would "
          + "be its records; leave it out"
      ),
      (
        "[\"statusd-changelog\"]",
        "11: stream s: topics: \"statusd-changelog\" is statusd's own, topics.changelog: its records are the "
          + "evaluator's state; leave it out"
      ),
      (
        "[\"statusd-streams\"]",
        "11: stream s: topics: \"statusd-streams\" is statusd's own, topics.streams: its records are the meter's state; "
          + "leave it out"
      ),
    ])
  func topics(value: String, expected: String) {
    #expect(
      complaints(besideBrokers: "[[stream]]\nname = \"s\"\ntopics = \(value)") == ["file.toml:4:\(expected)"])
  }

  @Test("statusd's own topics are those of [topics]")
  func renamedTopics() {
    func all(_ topic: String) -> [String] {
      complaints(besideBrokers: "topics.alerts = \"pages\"\n[[stream]]\nname = \"s\"\ntopics = [\"\(topic)\"]")
    }
    #expect(all("alerts") == [])
    #expect(all("pages").first?.hasPrefix("file.toml:5:11: stream s: topics: \"pages\" is statusd's own") == true)
  }

  @Test("what statusd writes for others to watch can be a stream, and so can somebody else's __ inside a name")
  func allowed() {
    #expect(
      complaints(
        besideBrokers:
          "[[stream]]\nname = \"s\"\ntopics = [\"status_topic\", \"monitor_topic\", \"a__b\", \"^__\"]") == [])
  }

  @Test("a stream has at most 100 names and expressions")
  func bounds() {
    func all(_ count: Int) -> [String] {
      let names = (0..<count).map { "\"t\($0)\"" }.joined(separator: ", ")
      return complaints(besideBrokers: "[[stream]]\nname = \"s\"\ntopics = [\(names)]")
    }
    #expect(all(100) == [])
    #expect(
      all(101) == [
        "file.toml:4:10: stream s: topics: a stream has at most 100 topics and expressions, and these are 101"
      ])
  }
}
