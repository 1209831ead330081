import Streams
import TestRandom
import Testing

@testable import Settings

@Suite("Printed streams")
struct StreamRoundTripTests {
  @Test("a stream with every key is printed as it is written in the file")
  func full() {
    var settings = Settings(brokers: "a:1", hostName: "h")
    settings.streams = [StreamExample.definition]
    #expect(
      settings.describe().hasSuffix(
        #"""
        [[stream]]
        name = "orders"
        topics = ["orders", "^orders\\.(eu|us)$"]
        interval = "10s"
        format = "json"
        time = "created_at"
        subject = "customer"
        by = "status"
        isolation = "read_committed"
        [stream.count]
        errors = { field = "message", matches = "(?i)error|exception" }
        slow = { field = "took_ms", above = 500.0 }
        cheap = { field = "price", below = 0.5 }
        paid = { field = "state", equals = "paid" }
        "from home" = { field = "address", contains = "${HOME}" }
        [stream.measure]
        took_ms = ["avg", "max"]
        "a.b" = ["sum", "min"]
        [stream.distinct]
        hosts = { field = "host", over = "30s" }

        """#))
  }

  @Test("streams are printed before rules, and load again with them")
  func withRules() throws {
    let rule = "[[rule]]\nname = \"r\"\nmetric = \"errors\"\nabove = 5\n"
    let first = try #require(load("kafka.brokers = \"a:1\"\n" + rule + StreamExample.file).settings)
    #expect(first.streams.count == 3)
    let again = load(first.describe())
    #expect(again.complaints.isEmpty)
    #expect(again.settings == first)
    #expect(again.settings?.describe() == first.describe())
  }

  @Test("random streams load again as the same streams")
  func random() {
    var random = RandomStream(random: SeededRandom(seed: 16))
    var tried = 0
    while tried < 500 {
      var settings = Settings(brokers: "a:1", hostName: "h")
      let streams = (0..<3).map { random.stream(named: "s\($0)") }
      guard streams.allSatisfy({ $0.problems().isEmpty }) else { continue }
      tried += 1
      settings.streams = streams
      let again = load(settings.describe())
      #expect(again.complaints == [])
      #expect(again.settings?.streams == streams, "\(settings.describe())")
    }
  }
}

/// Streams as nobody would write them, mostly without problems.
struct RandomStream {
  var random: SeededRandom

  private static let texts = [
    "x", "a b", "took_ms", "a.b", "ä\u{1F600}", "\"", "\\", "'", "${HOME}", "$${", "#", "]", "=", "1", "-", "true",
    "key=",
    "\u{202E}", "\u{FEFF}",
  ]

  mutating func stream(named name: String) -> StreamDefinition {
    var stream = StreamDefinition(name: name, topics: [.name(random.pick(["t", "a.b", "_x", "-", "status_topic"]))])
    if random.once(in: 2) { stream.topics.append(.pattern(random.pick(["^", "^a\\.b$", "^\"[äö]'", "^(?i)\t$"]))) }
    let seconds = random.pick([1, 2, 7, 60, 90, 1_800])
    stream.interval = .seconds(seconds)
    stream.format = random.pick([.json, .json, .text, .none])
    stream.readsCommitted = random.once(in: 2)
    if random.once(in: 3) { stream.division = .key }
    if stream.format != .none {
      for _ in 0..<random.below(4) { stream.counts.append(count(stream.format == .json)) }
    }
    guard stream.format == .json else { return stream }
    if random.once(in: 2) { stream.time = text() }
    if stream.topics.contains(.name("status_topic")) {
      stream.time = stream.time ?? "timestamp"
      stream.greatestAge = .seconds(30)
    }
    if random.once(in: 3) { stream.division = .field(text()) }
    for _ in 0..<random.below(4) {
      let statistics = random.pick(
        [[.avg], [.max, .min], [.sum, .avg, .max, .min]] as [[StreamDefinition.Statistic]])
      stream.measures.append(.init(field: text(), statistics: statistics))
    }
    for _ in 0..<random.below(3) {
      stream.distincts.append(.init(name: text(), field: text(), over: .seconds(seconds * (1 + random.below(2)))))
    }
    return stream
  }

  private mutating func count(_ hasFields: Bool) -> StreamDefinition.Count {
    let numbers: [StreamDefinition.Condition] = [
      .above(number()), .below(number()), .above(.greatestFiniteMagnitude), .below(-.leastNonzeroMagnitude),
      .above(-0.0),
    ]
    let texts: [StreamDefinition.Condition] = [
      .equals(random.once(in: 4) ? "" : text() + "\n\u{1}\u{7F}"), .contains(text()), .matches("(?i)^\\Q\(text())"),
    ]
    return StreamDefinition.Count(
      name: text(), field: hasFields ? text() : nil, condition: random.pick(hasFields ? numbers + texts : texts))
  }

  private mutating func number() -> Double {
    let number = Double(bitPattern: random.next())
    return number.isFinite ? number : 1
  }

  private mutating func text() -> String {
    (0...random.below(3)).map { _ in random.pick(Self.texts) }.joined()
  }
}
