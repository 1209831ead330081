import Streams
import Testing

@testable import Settings

@Suite("Streams in the file")
struct StreamReadingTests {
  private func streams(_ text: String) -> [StreamDefinition]? {
    load("kafka.brokers = \"a:1\"\n" + text).settings?.streams
  }

  /// Complaints about a stream `s` of topic `t`; `lines` begin in line 5.
  private func problems(_ lines: String, _ more: String = "") -> [String] {
    complaints(besideBrokers: "[[stream]]\nname = \"s\"\ntopics = [\"t\"]\n\(lines)\n\(more)")
  }

  @Test("every key of a stream is read")
  func everything() {
    #expect(complaints(besideBrokers: StreamExample.file) == [])
    #expect(streams(StreamExample.text) == [StreamExample.definition])
  }

  @Test("only name and topics are required")
  func defaults() {
    #expect(
      streams("[[stream]]\nname = \"s\"\ntopics = [\"t\"]") == [StreamDefinition(name: "s", topics: [.name("t")])])
    #expect(
      complaints(besideBrokers: "[[stream]]\nname = \"a\"\ntopics = [\"t\"]\n[[stream]]\ninterval = \"1s\"") == [
        "file.toml:5:1: stream 2: name is missing", "file.toml:5:1: stream 2: topics is missing",
      ])
  }

  @Test("a stream of status records knows their time, and that old ones say nothing of now")
  func statusRecords() {
    func stream(_ lines: String) -> StreamDefinition? {
      streams("topics.status = \"samples\"\n[[stream]]\nname = \"fleet\"\n\(lines)")?.first
    }
    let fleet = stream("topics = [\"other\", \"samples\"]")
    #expect(fleet?.time == "timestamp")
    #expect(fleet?.greatestAge == .seconds(30))
    #expect(stream("topics = [\"samples\"]\ntime = \"at\"")?.time == "at")
    #expect(stream("topics = [\"samples\"]\nformat = \"none\"")?.greatestAge == nil)
    #expect(stream("topics = [\"status_topic\"]\ntime = \"at\"")?.greatestAge == nil)
    #expect(stream("topics = [\"^samples\"]")?.time == nil)
  }

  @Test("a count of hosts that looks back on less than three samples gets advice")
  func pace() {
    func all(_ over: String, topic: String = "status_topic", role: String = "all") -> [String] {
      complaints(
        besideBrokers: """
          run.role = "\(role)"
          agent.interval = "10s"
          [[stream]]
          name = "fleet"
          topics = ["\(topic)"]
          [stream.distinct]
          hosts = { field = "host", over = "\(over)" }
          racks = { field = "rack", over = "1s" }
          """)
    }
    #expect(all("30s") == [])
    #expect(
      all("29s") == [
        "file.toml:8:34: advice: stream fleet: distinct.hosts.over: this host's samples come every 10s, so one that is "
          + "late is missing in the count; write at least \"30s\""
      ])
    #expect(all("1s", topic: "orders") == [])
    #expect(all("1s", role: "meter") == [])
  }

  @Test("by = \"key\" divides by the record's key, whatever the format")
  func key() {
    for format in ["json", "text", "none"] {
      #expect(
        streams("[[stream]]\nname = \"s\"\ntopics = [\"t\"]\nby = \"key\"\nformat = \"\(format)\"")?.first?.division
          == .key)
    }
  }

  @Test("texts are taken as they are written: variables aren't replaced")
  func raw() {
    let stream = streams("[[stream]]\nname = \"s\"\ntopics = [\"^${HOME}\"]\ntime = \"$${\"")?.first
    #expect(stream?.topics == [.pattern("^${HOME}")])
    #expect(stream?.time == "$${")
  }

  @Test(
    "a wrong value is refused with the place and what to do",
    arguments: [
      ("interval = 1", "5:12: stream s: interval: that is a whole number: write a duration in quotes, such as \"30s\""),
      ("interval = \"500ms\"", "5:12: stream s: interval: that is too short: the minimum is 1s"),
      ("interval = \"2h\"", "5:12: stream s: interval: that is too long: the maximum is 1h"),
      (
        "interval = \"1s500ms\"",
        "5:12: stream s: interval: 1s500ms isn't a whole number of seconds; write \"2s\""
      ),
      (
        "format = \"jsn\"", "5:10: stream s: format: unknown word; did you mean \"json\"? Write one of json, text, none"
      ),
      ("time = 5", "5:8: stream s: time: that is a whole number: write the name of a field in quotes"),
      ("time = \"\"", "5:8: stream s: time: a field needs a name"),
      ("by = true", "5:6: stream s: by: that is true or false: write the name of a field in quotes, or \"key\""),
      ("by = \"\"", "5:6: stream s: by: a field needs a name"),
      (
        "isolation = \"committed\"",
        "5:13: stream s: isolation: unknown word; write one of read_uncommitted, read_committed"
      ),
      ("intervall = \"1s\"", "5:1: stream s: unknown key intervall; did you mean interval?"),
      (
        "zzz = 1",
        "5:1: stream s: unknown key zzz; a stream has name, topics, interval, format, time, subject, by, isolation, count, "
          + "measure, distinct"
      ),
      ("count = 5", "5:9: stream s: count: that is a whole number: write a table, [stream.count]"),
      ("measure = [1]", "5:11: stream s: measure: that is an array: write a table, [stream.measure]"),
      ("distinct = \"x\"", "5:12: stream s: distinct: that is a text: write a table, [stream.distinct]"),
    ])
  func values(line: String, expected: String) {
    #expect(problems(line) == ["file.toml:" + expected])
  }

  @Test("[[stream]] is an array of tables")
  func tables() {
    #expect(
      complaints(besideBrokers: "[stream]\nname = \"a\"") == [
        "file.toml:2:1: stream: that is a table: write each stream under [[stream]], with two brackets"
      ])
    #expect(
      complaints(besideBrokers: "stream = [1]") == [
        "file.toml:2:11: stream: write each stream under [[stream]], with two brackets"
      ])
    #expect(complaints(besideBrokers: "[[steam]]") == ["file.toml:2:3: unknown key steam; did you mean stream?"])
  }

  @Test(
    "a name is short, plain, and not reserved",
    arguments: [
      ("", "stream 1: name: a stream needs a name: it is the subject of its readings"),
      (
        "a b",
        "stream a b: name: \"a b\" is no name for a stream: use 1 to 100 letters, digits, dots, underscores and hyphens"
      ),
      ("kafka", "stream kafka: name: \"kafka\" is reserved for other readings; give the stream another name"),
      ("group", "stream group: name: \"group\" is reserved for other readings; give the stream another name"),
      ("statusd", "stream statusd: name: \"statusd\" is reserved for other readings; give the stream another name"),
      (
        "web-1",
        "stream web-1: name: it is also this host's name, agent.host, and rules can't tell two subjects of one name "
          + "apart; give the stream another name"
      ),
    ])
  func names(name: String, expected: String) {
    #expect(
      complaints(besideBrokers: "[[stream]]\nname = \"\(name)\"\ntopics = [\"t\"]") == ["file.toml:3:8: \(expected)"])
  }

  @Test("names are unique, and there are at most 100 streams")
  func manyStreams() {
    func stream(_ name: String) -> String { "[[stream]]\nname = \"\(name)\"\ntopics = [\"t\"]\n" }
    #expect(
      complaints(besideBrokers: stream("a") + stream("b") + stream("a")) == [
        "file.toml:9:8: stream.name: \"a\" is already the name of the stream at line 3, column 8; give each stream a "
          + "name of its own"
      ])
    let many = (0..<101).map { stream("s\($0)") }
    #expect(complaints(besideBrokers: many.dropLast().joined()) == [])
    #expect(
      complaints(besideBrokers: many.joined()) == [
        "file.toml:302:1: stream: there are 101 streams: the maximum is 100"
      ])
  }

  @Test("a line that isn't TOML doesn't lead to complaints about keys that it may have had")
  func partial() {
    #expect(
      complaints(besideBrokers: "[[stream]]\nname = \"s\"\ntopics = [\"t\"\nformat = text\n").count == 1)
    let broken = complaints(
      besideBrokers: "[[stream]]\nname = s\ntopics = [\"t\"]\nformat = text\n[stream.count]\na = { equals = \"x\" }\n")
    #expect(broken.count == 2)
    #expect(broken.allSatisfy { $0.contains("not TOML") })
  }
}
