import Arguments
import Console
import Kafka
import Platform
import Programs
import Records
import Topics

/// `statusd forget`: tells evaluators that a host is gone.
enum Forget: Subcommand {
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC",
    help: "the topic of its records; by default the configuration's status topic, and that of statusd's own metrics",
    completion: .words(["status", "readings", "monitor"]))
  private static let within = Option<Duration>.duration(
    "within", short: "w", in: .zero ... .seconds(86_400), help: "how long to wait for delivery; by default 30s")

  static var command: Command {
    Command(
      name: "forget",
      summary: "tell evaluators that a host is gone: its alerts are resolved, its state is deleted",
      description: [
        "Writes a tombstone with the host as key to every partition of the topic, because its records may be in any of "
          + "them; in the topic of statusd's own metrics also one with the key statusd@HOST. Other readers of the topic "
          + "see these records, too: think of them before you name a stream's topic. "
          + "If the host still sends, it begins anew with its next record.",
        "The command ends when everything is delivered, or with status 75.",
      ],
      options: [Cluster.config, Cluster.brokers, topic, within],
      operand: .init("HOST", count: 1...10_000),
      examples: [
        .init("statusd forget web-17", "the machine was removed"),
        .init("statusd forget --topic orders eu-1 eu-2", "two subjects of another topic"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    for host in given.operands where host.isEmpty || host.utf8.count > RecordReader.maxSubject {
      throw UsageError("a host's name must have 1 to \(RecordReader.maxSubject) bytes")
    }
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals()
    return try withCluster(given) { cluster in
      let limit = given[within] ?? .seconds(30)
      let begin = SystemTime().monotonic
      var places: [(topic: String, count: Int, keys: [String])] = []
      for (name, keys, isNeeded) in tombstones(given, cluster) {
        do throws(KafkaError) {
          if let count = try partitions(of: name, cluster.configuration, within: limit) {
            places.append((name, count, keys))
          } else if isNeeded {
            printError("statusd forget: there is no topic '\(name)'\n")
            return .failed
          }
        } catch {
          printError("statusd forget: nothing was written: brokers give no information on '\(name)': \(error)\n")
          return .temporary
        }
      }
      let plan = Sender.Plan(cluster.configuration, topics: places.map(\.topic))
      var sender = try Sender.make(plan, signals: signals, log: Cluster.log)
      for (topic, place) in places.enumerated() {
        for var key in place.keys {
          key.withUTF8 { key in
            for partition in 0..<place.count {
              sender.send(to: topic, partition: Int32(partition), key: UnsafeRawBufferPointer(key), value: nil)
            }
          }
        }
      }
      let sent = sender.sent
      let left = max(.zero, limit - (SystemTime().monotonic - begin))
      let code = report("forget", sent: sent, sender.finish(within: left))
      if code == .ok {
        let hosts =
          given.operands.count == 1 ? "'\(Printable.text(given.operands[0]))' is" : "\(given.operands.count) hosts are"
        let topics = places.map { "'\($0.topic)'" }.joined(separator: " and ")
        try printOut("\(hosts) forgotten: \(counted(sent, "tombstone")) written to \(topics)\n")
      }
      return code
    }
  }

  /// The keys that get a tombstone in each topic, and whether the topic must exist. If no topic is given: the hosts,
  /// and the subjects of statusd's own metrics.
  private static func tombstones(
    _ given: Parsed, _ cluster: Cluster
  ) -> [(topic: String, keys: [String], isNeeded: Bool)] {
    let hosts = given.operands
    if let name = given[topic] { return [(cluster.topic(named: name), hosts, true)] }
    let own = hosts.map { "statusd@\($0)" }.filter { $0.utf8.count <= RecordReader.maxSubject }
    return [(cluster.topics.status, hosts, true), (cluster.topics.readings, hosts + own, false)]
  }

  /// The number of partitions of a topic; nil if it doesn't exist.
  private static func partitions(
    of topic: String, _ configuration: Configuration, within limit: Duration
  ) throws(KafkaError) -> Int? {
    let cluster = try Admin.ask(configuration, log: Cluster.log, patience: .seconds(1)) { admin throws(KafkaError) in
      try admin.describe(topic: topic, within: limit)
    }
    guard let known = cluster.topics.first else { return nil }
    if let error = known.error {
      if error.code.isUnknownTopic { return nil }
      throw error
    }
    return known.partitions.count
  }
}
