import Foundation
import Kafka
import Platform
import TestSupport
import Testing

/// The statusd of one test: a cluster, with topics, group and host of its own.
final class Site {
  let cluster: TestCluster
  let directory: TemporaryDirectory
  let status: String
  let alerts: String
  let readings = uniqueName("readings")
  /// alerts-current and the changelog, if `withState` created the site.
  let current = uniqueName("current")
  let changelog = uniqueName("changelog")
  let group = uniqueName("group")
  /// The topic of the states of streams, and the group of the meters.
  let streams = uniqueName("streams")
  let meters = uniqueName("meters")
  let host = uniqueName("host")
  /// Where its evaluators begin. Tests may write before they start, and the mock can't look up offsets by time.
  var start = "beginning"
  /// Additional lines of the configuration, by table.
  var extra: [String: String] = [:]

  /// Creates the topics on the mock or with `makesTopics`; otherwise statusd creates them.
  init(_ cluster: TestCluster, makesTopics: Bool = false) throws {
    self.cluster = cluster
    directory = try TemporaryDirectory()
    status = uniqueName("status")
    alerts = uniqueName("alerts")
    if makesTopics || cluster.mock != nil {
      try cluster.createTopic(status)
      try cluster.createTopic(readings)
      try cluster.createTopic(alerts)
    }
  }

  convenience init(_ kind: TestCluster.Kind, makesTopics: Bool = false) throws {
    try self.init(TestCluster.open(kind), makesTopics: makesTopics)
  }

  /// A site whose evaluators also have their own state topics, all created by statusd. Its group waits 6 s for a killed
  /// member.
  static func withState() throws -> Site {
    let site = try Site(.newest)
    site.extra["topics"] = "alerts_current = \"\(site.current)\"\nchangelog = \"\(site.changelog)\""
    site.extra["kafka.properties"] = "\"session.timeout.ms\" = 6000"
    return site
  }

  /// The path of the configuration.
  var file: String { directory.path + "/statusd.toml" }

  /// Writes the configuration with these rules; returns its path.
  @discardableResult
  func configure(rules: String = "") throws -> String {
    let tables = [
      ("kafka", "brokers = \"\(cluster.brokers)\""),
      // The mock answers a fetch only when it is full or after this time, by default 500 ms.
      ("kafka.properties", cluster.mock == nil ? "" : "\"fetch.wait.max.ms\" = 5"),
      (
        "topics",
        "status = \"\(status)\"\nreadings = \"\(readings)\"\nalerts = \"\(alerts)\"\nstreams = \"\(streams)\"\n"
          + "create = \(cluster.mock == nil)"
      ),
      ("agent", "host = \"\(host)\""),
      ("run", ""),
      ("evaluator", "group = \"\(group)\"\nstart = \"\(start)\""),
      ("meter", "group = \"\(meters)\""),
      ("log", ""),
    ]
    let text = tables.map { name, lines in "[\(name)]\n\(lines)\n\(extra[name] ?? "")\n" }.joined()
    return try directory.write(text + rules, to: "statusd.toml")
  }

  /// Starts the daemon with this role.
  func run(_ role: String = "all", environment: [String: String?] = [:]) throws -> Subprocess {
    try Program.start(["run", "--config", file, "--role", role], environment: environment)
  }

  /// Starts an evaluator and waits until it evaluates.
  func runEvaluator(within seconds: TimeInterval = 60) throws -> Subprocess {
    let evaluator = try run("evaluator")
    try evaluator.isLive(within: seconds)
    return evaluator
  }

  /// Follows the alerts as JSON from their beginning.
  func tail(_ arguments: String...) throws -> Subprocess {
    try Program.start(["tail", "--config", file, "--since", "beginning", "--format", "json"] + arguments)
  }

  /// A writer to any topic of its cluster.
  func writer() throws -> TopicWriter { try TopicWriter(on: cluster.brokers) }

  /// A reader of the status records.
  func statusReader() throws -> TopicReader { try TopicReader(status, on: cluster.brokers) }

  /// A reader of the readings.
  func readingsReader(readsCommitted: Bool = true) throws -> TopicReader {
    try TopicReader(readings, on: cluster.brokers, readsCommitted: readsCommitted)
  }

  /// A reader of the transitions.
  func alertsReader() throws -> TopicReader { try TopicReader(alerts, on: cluster.brokers) }

  /// The group's committed offset in the status topic; -1 if there is none.
  func committed() throws -> Int64 {
    let options = Consumer.Options(group: group)
    let consumer = try Consumer(
      Configuration(brokers: cluster.brokers), options: options, log: Logger(output: CapturedLog()), wakeup: Wakeup())
    let offsets = try consumer.committed([TopicPartition(status, 0)], within: .seconds(30))
    return offsets.first.map { $0.offset.isNumber ? $0.offset.rawValue : -1 } ?? -1
  }

  /// A rule on the field `level`, which only test records have.
  static let rule = "[[rule]]\nname = \"level\"\nmetric = \"level\"\nabove = 50\n"

  /// A record of `subject` with the field `level`, at `milliseconds` since the epoch.
  static func record(_ subject: String, level: Double, at milliseconds: Int64) -> String {
    "{\"timestamp\":\(milliseconds),\"host\":\"\(subject)\",\"level\":\(level)}"
  }

  /// Now, in milliseconds since the epoch.
  static var now: Int64 { SystemTime().wall.milliseconds }
}

extension Subprocess {
  /// Waits until an evaluator evaluates.
  func isLive(within seconds: TimeInterval = 60) throws {
    try waitForLine(containing: "evaluated here from now on", on: \.errors, within: seconds)
  }

  /// Ends a daemon and expects that everything was delivered.
  func endWell(sourceLocation: SourceLocation = #_sourceLocation) throws {
    signal(SIGTERM)
    let status = try waitForExit(within: 10)
    #expect(status == .exited(0), "\(errors.text.suffix(3000))", sourceLocation: sourceLocation)
  }
}
