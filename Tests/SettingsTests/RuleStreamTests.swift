import Records
import Rules
import Streams
import Testing

@testable import Settings

@Suite("Rules over the records of streams in the file")
struct RuleStreamTests {
  private static let streams = """
    [[stream]]
    name = "orders"
    topics = ["shop.orders"]
    subject = "customer"

    """

  private static func rule(_ name: String, _ stream: String?) -> String {
    "[[rule]]\nname = \"\(name)\"\nmetric = \"amount\"\nabove = 5\n" + (stream.map { "stream = \"\($0)\"\n" } ?? "")
  }

  private static func settings(_ text: String) -> Settings? { load("kafka.brokers = \"a:1\"\n" + text).settings }

  @Test("a rule gets its stream's subject, and is printed with its stream")
  func read() throws {
    let settings = try #require(Self.settings(Self.streams + Self.rule("a", "orders")))
    #expect(settings.rules[0].stream == StreamSubject(stream: "orders", field: "customer"))
    let printed = settings.describe()
    #expect(printed.contains("stream = \"orders\"\n"))
    #expect(load(printed).settings == settings)
  }

  @Test("the evaluator reads the topics of streams that a rule watches, each with its own rules")
  func sources() throws {
    let other = "[[stream]]\nname = \"visits\"\ntopics = [\"visits\"]\n"
    let settings = try #require(
      Self.settings(Self.streams + other + Self.rule("a", "orders") + Self.rule("b", nil) + Self.rule("c", "orders")))
    #expect(settings.sources.map(\.topic) == ["status_topic", "statusd-readings", "shop.orders"])
    #expect(settings.sources.map { $0.rules.rules.map(\.name) } == [["b"], ["b"], ["a", "c"]])
    #expect(settings.sources[2].rules.plan.form == .stream(StreamSubject(stream: "orders", field: "customer")))
    #expect(settings.sources[0].rules.plan.form == .status)
    #expect(settings.ruleSet(ofTopic: "shop.orders").rules.map(\.name) == ["a", "c"])
    #expect(settings.ruleSet(ofTopic: "copy-of-status").rules.map(\.name) == ["b"])
    #expect(settings.ruleSet(ofTopic: "visits").rules.map(\.name) == ["b"])
  }

  @Test(
    "a stream whose records can't be watched is refused with the place and what to do",
    arguments: [
      (
        "name = \"orders\"\ntopics = [\"orders\"]", "order",
        "rule \"a\": stream: there is no stream \"order\"; did you mean \"orders\"?"
      ),
      (
        "name = \"orders\"\ntopics = [\"orders\"]", "visits",
        "rule \"a\": stream: there is no stream \"visits\"; there are orders"
      ),
      (
        "name = \"orders\"\ntopics = [\"a\", \"b\"]", "orders",
        "rule \"a\": stream: \"orders\" isn't a single topic with a name, and a rule watches the records of one; define a "
          + "stream for each topic"
      ),
      (
        "name = \"orders\"\ntopics = ['^a']", "orders",
        "rule \"a\": stream: \"orders\" isn't a single topic with a name, and a rule watches the records of one; define a "
          + "stream for each topic"
      ),
      (
        "name = \"orders\"\ntopics = [\"a\"]\nformat = \"none\"", "orders",
        "rule \"a\": stream: \"orders\" has format \"none\", and a rule watches a field; set format = \"json\""
      ),
      (
        "name = \"fleet\"\ntopics = [\"status_topic\"]", "fleet",
        "rule \"a\": stream: \"fleet\" is topics.status, which rules without stream watch; leave stream out"
      ),
    ])
  func refused(_ stream: String, _ name: String, _ expected: String) {
    let found = complaints(besideBrokers: "[[stream]]\n\(stream)\n" + Self.rule("a", name))
    #expect(found.count == 1)
    #expect(found.first?.contains(expected.replacing("rule \"a\"", with: "rule a")) == true, "\(found)")
  }

  @Test("two streams of one topic can't both have rules")
  func twice() {
    let other = "[[stream]]\nname = \"again\"\ntopics = [\"shop.orders\"]\n"
    let found = complaints(besideBrokers: Self.streams + other + Self.rule("a", "orders") + Self.rule("b", "again"))
    #expect(found.count == 1)
    #expect(found.first?.contains("other rules watch the same topic, \"shop.orders\", as stream \"orders\"") == true)
    #expect(complaints(besideBrokers: Self.streams + other + Self.rule("a", "orders") + Self.rule("b", "orders")) == [])
  }

  @Test("subject needs a stream of JSON")
  func subject() {
    let found = complaints(
      besideBrokers: "[[stream]]\nname = \"s\"\ntopics = [\"t\"]\nformat = \"text\"\nsubject = \"a\"\n")
    #expect(found.count == 1)
    #expect(found.first?.contains("stream s: subject: ") == true)
  }
}
