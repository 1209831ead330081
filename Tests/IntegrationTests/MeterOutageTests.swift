import Foundation
import Kafka
import Platform
import TestSupport
import Testing

/// `STATUSD_METER_OUTAGE`: for how many seconds a meter is away, or a transaction open; a few by default (`make
/// faults-streams` tries more).
@Suite("streams in an outage", .waits)
struct MeterOutageTests {
  private static let seconds = environment("STATUSD_METER_OUTAGE").flatMap { Double($0) } ?? 6

  /// The streams and rules that statusd ships, over a topic of the test's own, to which somebody writes all the time.
  private final class Shipped {
    static let partitions = 3
    let site: Site
    let topic: String
    let writer: TopicWriter
    let readings: TopicReader
    var audits: [String: ReadingsAudit]

    init(streams: String = "") throws {
      site = try Site(.newest, makesTopics: true)
      topic = try site.cluster.createTopic(
        partitions: Self.partitions, configuration: [("message.timestamp.type", "LogAppendTime")])
      let file = try String(contentsOfFile: packageRoot + "/Config/statusd.toml", encoding: .utf8)
      let start = try #require(file.range(of: "[[stream]]\nname = \"monitor\""))
      let rules = file[start.lowerBound...].replacing("\"monitor_topic\"", with: "\"\(topic)\"")
      try site.configure(rules: rules + streams.replacing("TOPIC", with: topic))
      writer = try site.writer()
      readings = try site.readingsReader()
      audits = ["monitor": ReadingsAudit("monitor")]
    }

    /// Starts a meter and waits for the first reading: records that are written from now on count.
    func startMeter() throws -> Subprocess {
      let meter = try site.run("meter")
      let first = try readings.next { $0.key == "monitor" }
      try audits["monitor"]?.take(first.object)
      return meter
    }

    /// Writes 200 records a second until `isDone`, and takes the readings that come.
    func load(within limit: Double = 120, until isDone: () -> Bool) throws {
      let deadline = SystemTime().monotonic + .seconds(limit)
      while !isDone() {
        guard SystemTime().monotonic < deadline else { throw NotAsExpected(description: "not within \(limit) s") }
        for number in 0..<20 {
          try writer.write("{\"message\":\"all is well\"}", to: topic, partition: Int32(number % Self.partitions))
        }
        try writer.flush()
        let next = SystemTime().monotonic + .milliseconds(100)
        while SystemTime().monotonic < next {
          guard let record = try readings.poll(for: 0.1) else { continue }
          try audits[record.key ?? ""]?.take(record.object)
        }
      }
    }

    func load(for seconds: Double) throws {
      let end = SystemTime().monotonic + .seconds(seconds)
      try load(within: seconds + 60) { SystemTime().monotonic >= end }
    }

    /// Goes on until all that is appended by now is told.
    func loadUntilTold(within limit: Double = 120) throws {
      let now = Site.now
      try load(within: limit) { audits.values.allSatisfy { $0.isTold(upTo: now) } }
    }

    var log: AppendTimes {
      get throws { try AppendTimes(of: topic, partitions: Self.partitions, on: site.cluster.brokers) }
    }
  }

  @Test(
    "after an outage of the meter the readings of that time are there, each once and as they would have been; rules only say that meters were behind",
    .needsKafka, arguments: [SIGKILL, SIGTERM])
  func meterAway(by signal: Int32) throws {
    let shipped = try Shipped()
    let evaluator = try shipped.site.runEvaluator()
    var meter = try shipped.startMeter()
    try shipped.load(for: 2)
    if signal == SIGTERM { try meter.endWell() } else { meter.signal(signal) }
    _ = try meter.waitForExit(within: 10)
    try shipped.load(for: Self.seconds)
    meter = try shipped.site.run("meter")
    try shipped.loadUntilTold(within: 60 + Self.seconds)
    try shipped.writer.write("{\"message\":\"an error\"}", to: shipped.topic, partition: 0)
    try shipped.loadUntilTold()

    let audit = try #require(shipped.audits["monitor"])
    let problems = audit.problems(try shipped.log)
    #expect(problems.isEmpty, "\(problems.prefix(20))")
    let delay = audit.readings.map(\.delay).max() ?? 0
    #expect(delay > Int(Self.seconds * 1000))
    // The one record with an error is noticed after all others.
    let alerts = try shipped.site.alertsReader()
    var rules: [String] = []
    while rules.last != "stream-errors" {
      rules.append(try alerts.next(within: 30).object["rule"] as? String ?? "")
    }
    #expect(Set(rules.dropLast()).isSubset(of: ["meter-late"]), "\(rules)")
    print("outage of \(Self.seconds) s: \(audit.readings.count) readings, the latest \(delay) ms late, then \(rules)")
    try meter.endWell()
    try evaluator.endWell()
  }

  @Test(
    "somebody's open transaction neither silences nor floods a stream; one of committed records waits for it",
    .needsKafka)
  func openTransaction() throws {
    let shipped = try Shipped(
      streams: "\n[[stream]]\nname = \"committed\"\ntopics = [\"TOPIC\"]\nisolation = \"read_committed\"\n")
    let meter = try shipped.startMeter()
    _ = try shipped.readings.next { $0.key == "committed" }
    shipped.audits["committed"] = ReadingsAudit("committed")
    try shipped.load(for: 2)
    var options = TransactionalProducer.Options(id: uniqueName("open"))
    options.timeout = .seconds(840)
    var open = try TransactionalProducer(
      Configuration(brokers: shipped.site.cluster.brokers), options: options, log: silent)
    try open.initialize(within: .seconds(30))
    try open.begin()
    let value = Array("{\"message\":\"perhaps\"}".utf8)
    for _ in 0..<10 {
      _ = try value.withUnsafeBytes { try open.produce(topic: shipped.topic, partition: 0, key: nil, value: $0) }
    }
    try shipped.load(for: Self.seconds)
    try open.abort(within: .seconds(30))
    open.close(by: SystemTime().monotonic + .seconds(5))
    try shipped.loadUntilTold()
    try meter.endWell()
    let log = try shipped.log
    let problems = try #require(shipped.audits["monitor"]).problems(log)
    #expect(problems.isEmpty, "\(problems.prefix(20))")
    // What was appended behind the open records is told when these are decided; they themselves never.
    let committed = try #require(shipped.audits["committed"])
    let end = committed.readings.last?.end ?? 0
    #expect(committed.total == log.total(before: end) - 10)
  }
}
