import Foundation
import Kafka
import Platform
import TestSupport
import Testing

@Suite("statusd backtest", .waits)
struct BacktestTests {
  /// A site whose status topic has several partitions and some history: five hosts whose levels rise and fall.
  private func history() throws -> (site: Site, hosts: [String]) {
    let site = try Site(.newest, makesTopics: false)
    try site.cluster.createTopic(
      site.status, partitions: 3, configuration: [("message.timestamp.type", "LogAppendTime")])
    try site.cluster.createTopic(site.alerts)
    try site.configure(rules: Site.rule)
    let hosts = (0..<5).map { "host-\($0)" }
    try write(site, hosts, levels: [10, 90, 20, 80])
    return (site, hosts)
  }

  private func write(_ site: Site, _ hosts: [String], levels: [Double]) throws {
    let writer = try site.writer()
    var time = Site.now - 10_000
    for level in levels {
      for host in hosts { try writer.write(Site.record(host, level: level, at: time), key: host, to: site.status) }
      time += 1000
    }
    try writer.flush()
  }

  private func backtest(_ site: Site, _ more: String...) throws -> (
    status: Subprocess.Status, output: String, errors: String
  ) {
    try Program.run(["backtest", "--config", site.file] + more)
  }

  @Test("gives the transitions that the evaluator wrote, and nothing else on standard output", .needsKafka)
  func equalsEvaluator() throws {
    let (site, hosts) = try history()
    let evaluator = try site.run("evaluator")
    let alerts = try site.alertsReader()
    let written = try (0..<hosts.count * 3).map { _ in try alerts.next().value ?? "" }
    try evaluator.endWell()
    let ended = try backtest(site, "--format", "json")
    #expect(ended.status == .exited(0), "\(ended.errors)")
    let lines = ended.output.split(separator: "\n").map(String.init)
    #expect(lines.sorted() == written.sorted())
    // The evaluator may have sent metrics of its own.
    #expect(ended.errors.contains(/2\d records/))
    let again = try backtest(site, "--format", "json")
    #expect(again.output == ended.output)

    let same = try backtest(site, "--compare", "alerts")
    #expect(same.status == .exited(0), "\(same.errors)")
    #expect(same.output.hasSuffix(" records\nno difference: 15 transitions on both sides\n"))

    // Other rules give other transitions.
    try site.configure(rules: Site.rule.replacingOccurrences(of: "above = 50", with: "above = 85"))
    let other = try backtest(site, "--compare", "alerts")
    #expect(other.status == .exited(1))
    #expect(other.output.contains("\n10 on both sides\n5 only in the topic\n"), "\(other.output)")
    #expect(other.output.split(separator: "\n").filter { $0.hasPrefix("- ") && $0.contains("FIRING") }.count == 5)
    let otherJSON = try backtest(site, "--compare", "alerts", "--format", "json")
    #expect(otherJSON.output.hasPrefix("{\"difference\":\"only in the topic\",\"transition\":{\"id\":"))
  }

  @Test("pretty lines end with a summary of each rule", .needsKafka)
  func pretty() throws {
    let (site, _) = try history()
    let ended = try backtest(site)
    #expect(ended.status == .exited(0), "\(ended.errors)")
    #expect(ended.errors == "")
    #expect(ended.output.split(separator: "\n").filter { $0.contains("FIRING") }.count == 10)
    #expect(ended.output.contains("\n\nrule   alerts"))
    #expect(ended.output.contains("\nlevel      10"))
  }

  @Test("begins and ends at the given Kafka times", .needsKafka)
  func stretch() throws {
    let (site, hosts) = try history()
    let reader = try TopicReader(site.status, on: site.cluster.brokers, partitions: 3)
    let last = try (0..<20).map { _ in try reader.next().timestamp }.max() ?? 0
    // The next records get a later millisecond.
    while Site.now <= last + 1 {}
    try write(site, hosts, levels: [95])
    let time = WallTime(milliseconds: last + 1).rfc3339
    let later = try backtest(site, "--since", time, "--format", "json")
    #expect(later.errors.contains("5 records\n"), "\(later.errors)")
    #expect(later.output.split(separator: "\n").count == 5)
    let earlier = try backtest(site, "--until", time, "--format", "json")
    #expect(earlier.errors.contains("20 records\n"), "\(earlier.errors)")
    #expect(!later.errors.contains("CreateTime"))
    #expect(try backtest(site, "--since", "1h").output.contains("25 records"))
    #expect(try backtest(site, "--until", "1h").output.contains("0 records"))
  }

  @Test("an open transaction ends it with status 75, and the hidden partition is named", .needsKafka)
  func openTransaction() throws {
    let (site, _) = try history()
    var options = TransactionalProducer.Options(id: uniqueName("transaction"))
    options.timeout = .seconds(120)
    var producer = try TransactionalProducer(
      Configuration(brokers: site.cluster.brokers), options: options, log: Logger(output: CapturedLog()))
    try producer.initialize(within: .seconds(30))
    try producer.begin()
    let value = Array(Site.record("host-9", level: 95, at: Site.now).utf8)
    _ = try value.withUnsafeBytes { try producer.produce(topic: site.status, partition: 1, key: nil, value: $0) }
    let everything = try TopicReader(site.status, on: site.cluster.brokers, partitions: 3, readsCommitted: false)
    _ = try everything.next { $0.value?.contains("host-9") == true }
    let ended = try backtest(site)
    #expect(ended.status == .exited(75))
    #expect(
      ended.errors.contains(
        "an open transaction of another producer hides the rest of '\(site.status)', in partition 1"), "\(ended.errors)"
    )
    #expect(ended.output.contains("20 records"))
    producer.close(by: SystemTime().monotonic + .seconds(5))
  }

  @Test("a missing topic is reported", .needsKafka)
  func noTopic() throws {
    let site = try Site(.newest)
    try site.configure(rules: Site.rule)
    let ended = try backtest(site)
    #expect(ended.status == .exited(1))
    #expect(ended.errors.contains("there is no topic '\(site.status)'"))
  }
}

@Suite("statusd backtest --from-file", .waits)
struct RecordedBacktestTests {
  private func run(_ lines: String, _ more: String...) throws -> (
    status: Subprocess.Status, output: String, errors: String, file: String
  ) {
    let directory = try TemporaryDirectory()
    let rules = try directory.write("kafka.brokers = \"127.0.0.1:1\"\n\(Site.rule)", to: "rules.toml")
    let file = try directory.write(lines, to: "records.jsonl")
    let ended = try Program.run(["backtest", "--config", rules, "--from-file", file] + more)
    return (ended.status, ended.output, ended.errors, file)
  }

  private let good = """
    {"key":"a","timestamp":1795176000000,"value":{"level":10}}
    {"key":"a","timestamp":1795176001000,"value":{"level":95}}

    {"key":"a","timestamp":1795176002000,"value":{"level":oops}}
    {"key":"a","timestamp":1795176003000,"value":{"level":10}}
    """

  @Test("needs no broker, and counts unreadable records")
  func reads() throws {
    let ended = try run(good)
    #expect(ended.status == .exited(0), "\(ended.errors)")
    #expect(ended.output.contains("2026-11-20T12:00:01.000Z  FIRING    critical  level             a "))
    #expect(ended.output.contains("2026-11-20T12:00:03.000Z  resolved  critical  level             a "))
    #expect(ended.output.hasSuffix("\n4 records\nbad, and skipped: 1 not JSON\n"))
    let json = try run(good, "--format", "json")
    #expect(json.output.split(separator: "\n").allSatisfy { $0.hasPrefix("{\"id\":\"") })
    #expect(json.output.split(separator: "\n").count == 2)
    #expect(json.output.contains(#""source":{"topic":"status_topic","partition":0,"offset":1}"#))
  }

  @Test("a line that isn't a record ends it, and is reported with its number")
  func badLine() throws {
    let ended = try run(good + "\n{\"level\":95}\n" + good)
    #expect(ended.status == .exited(1))
    #expect(
      ended.errors.contains(
        "\(ended.file):6: \"value\" is missing; expected {\"key\":…,\"timestamp\":…,\"value\":…}\n"))
  }

  @Test("a line that isn't JSON counts as an unreadable record, and is reported with its number")
  func noJSON() throws {
    let ended = try run(good + "\nrubbish\n")
    #expect(ended.status == .exited(0))
    #expect(ended.errors.contains("\(ended.file):6: the line isn't JSON; counted as an unreadable record\n"))
    #expect(ended.output.contains("bad, and skipped: 2 not JSON"))
  }

  @Test("a signal ends it with status 75 and a summary of the records read")
  func signal() throws {
    let directory = try TemporaryDirectory()
    let rules = try directory.write("kafka.brokers = \"127.0.0.1:1\"\n\(Site.rule)", to: "rules.toml")
    let backtest = try Program.start(["backtest", "--config", rules, "--from-file", "/dev/stdin", "--format", "json"])
    try backtest.write(good + "\n")
    #expect(backtest.output.waitForLines(2))
    backtest.signal(SIGINT)
    #expect(try backtest.waitForExit(within: 20) == .exited(75))
    #expect(backtest.errors.text.contains("4 records"))
    #expect(backtest.errors.text.contains("stopped before everything was read"))
  }

  @Test("a missing file and incompatible options are reported")
  func misuse() throws {
    let missing = try Program.run(["backtest", "--config", packageRoot + "/Config/statusd.toml", "--from-file", "/no"])
    #expect(missing.status == .exited(1))
    #expect(missing.errors.contains("/no can't be opened"))
    #expect(try run(good, "--since", "1h").status == .exited(64))
    #expect(try run(good, "--compare", "alerts").status == .exited(64))
  }
}
