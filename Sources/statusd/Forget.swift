import Arguments
import Kafka
import Platform
import Records

/// `statusd forget`: a host is gone, and so are its alerts.
enum Forget: Subcommand {
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC",
    help: "where its records stand; by default the configuration's status topic",
    completion: .words(["status", "monitor"]))
  private static let within = Option<Duration>.duration(
    "within", short: "w", in: .zero ... .seconds(86_400), help: "how long to wait for delivery; by default 30s")

  static var command: Command {
    Command(
      name: "forget",
      summary: "tell evaluators that a host is gone: what fires for it is resolved, its state goes",
      description: [
        "Writes a tombstone keyed by the host to every partition of the topic: a record may have stood in any of them. "
          + "Where the host goes on sending, it begins from nothing with its next record.",
        "It ends once all is delivered, or with status 75.",
      ],
      options: [Cluster.config, Cluster.brokers, topic, within],
      operand: .init("HOST", count: 1...10_000),
      examples: [
        .init("statusd forget web-17", "the machine was taken away"),
        .init("statusd forget --topic orders eu-1 eu-2", "two subjects of another topic"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    for host in given.operands where host.isEmpty || host.utf8.count > RecordReader.maxSubject {
      throw UsageError("a host has a name of 1 to \(RecordReader.maxSubject) bytes")
    }
    // Before there is a second thread: all that come inherit what is blocked here.
    let signals = try Signals()
    return try withCluster(given) { cluster in
      let name = cluster.topic(named: given[topic] ?? "status")
      let limit = given[within] ?? .seconds(30)
      let begin = SystemTime().monotonic
      let count: Int
      do throws(KafkaError) {
        guard let found = try partitions(of: name, cluster.configuration, within: limit) else {
          printError("statusd forget: there is no topic '\(name)'\n")
          return .failed
        }
        count = found
      } catch {
        printError("statusd forget: nothing was written: brokers don't say what stands in '\(name)': \(error)\n")
        return .temporary
      }
      var sender = try Sender.make(cluster.configuration, signals: signals)
      for var host in given.operands {
        host.withUTF8 { key in
          for partition in 0..<count {
            sender.send(topic: name, partition: Int32(partition), key: UnsafeRawBufferPointer(key), value: nil)
          }
        }
      }
      let sent = sender.sent
      let left = max(.zero, limit - (SystemTime().monotonic - begin))
      let code = report("forget", sent: sent, sender.finish(within: left))
      if code == .ok {
        let hosts =
          given.operands.count == 1 ? "'\(Printable.text(given.operands[0]))' is" : "\(given.operands.count) hosts are"
        try printOut("\(hosts) forgotten: \(counted(sent, "tombstone")) written to '\(name)'\n")
      }
      return code
    }
  }

  /// How many partitions a topic has; nil: there is no such topic.
  private static func partitions(
    of topic: String, _ configuration: Configuration, within limit: Duration
  ) throws(KafkaError) -> Int? {
    let admin = try Admin(configuration, log: Cluster.log)
    let answer = Result { () throws(KafkaError) in try admin.describe(topic: topic, within: limit) }
    admin.close(by: SystemTime().monotonic + .seconds(1))
    guard let known = try answer.get().topics.first else { return nil }
    if let error = known.error {
      if error.code.isUnknownTopic { return nil }
      throw error
    }
    return known.partitions.count
  }
}
