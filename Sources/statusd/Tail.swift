import Arguments
import Console
import Kafka
import Platform
import Programs
import Topics

/// `statusd tail`: shows a topic's records as they arrive.
enum Tail: Subcommand {
  /// Topics of the configuration, which may be created later.
  private static let named = ["alerts", "status", "readings", "monitor"]
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC",
    help: "alerts, status, readings or monitor as the configuration names them, or any topic's name; by default alerts",
    completion: .words(named))
  private static let since = Option<Moment>(
    "since", short: "s", placeholder: "DURATION|beginning",
    help: "begin with records of the last 10m, for example, or with all records; by default with new ones",
    completion: .words(["beginning", "10m", "1h", "1d"])
  ) { text throws(ValueError) in
    if text == "beginning" { return .beginning }
    guard let duration = Duration(text: text), duration >= .zero else {
      throw ValueError("is neither a duration, such as 10m, nor 'beginning'")
    }
    return .ago(duration)
  }
  private static let format = Option<Format>.choice(
    "format", short: "f", help: "a line for people, or the record as JSON, one a line; by default pretty")
  private static let match = Option<FieldMatch>.match("show only records whose field is like this (* and ?)")
  private static let exitAfter = Option<Int>.count(
    "exit-after", short: "n", in: 1...Int.max, help: "end after showing this many records")

  /// How a record is shown.
  enum Format: String, CaseIterable, Sendable {
    case pretty
    case json
  }

  static var command: Command {
    Command(
      name: "tail",
      summary: "follow a topic: alerts as they are raised and resolved, or any other records",
      description: [
        "Follows all partitions of a topic, including new ones, until Ctrl-C. Only committed records are read. While "
          + "brokers are unreachable it says so and keeps trying. It waits for 'alerts', 'status', 'readings' and "
          + "'monitor' if they don't exist yet; any other topic that doesn't exist ends it with status 1.",
        "The pretty format shows a transition as time, status, severity, rule, subject, value and summary, and any "
          + "other JSON object as time, host (or source, or key) and fields; control characters are escaped. Colours "
          + "appear only on terminals, unless NO_COLOR is set. Times are UTC; a * after a time marks Kafka's time of "
          + "a record without its own.",
        "The json format is the unchanged record on one line: line ends between its tokens become blanks, a value "
          + "that is no JSON becomes a string, a tombstone becomes null.",
      ],
      options: [Cluster.config, Cluster.brokers, topic, since, format, match, exitAfter],
      examples: [
        .init("statusd tail", "show alerts from now on"),
        .init("statusd tail --since 1h --match severity=critical", "and the critical ones of the last hour"),
        .init(
          "statusd tail --topic status --match 'host=web-*' --format json | jq .cpu_usage", "feed another program"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals.forShowing()
    return try withCluster(given) { cluster in
      let name = given[topic] ?? "alerts"
      let plan = Follower.Plan(
        topic: cluster.topic(named: name), waitsForTopic: named.contains(name),
        start: given[since] ?? .now)
      var follower = try Follower.make(cluster.configuration, plan: plan, signals: signals, log: Cluster.log) {
        say($0, of: plan.topic, cluster)
      }
      var view = View(
        format: given[format] ?? .pretty, matches: given.all(match), left: given[exitAfter], signals: signals)
      let ending = follower.run { view.show($0) }
      follower.close()
      try view.flow.check()
      guard ending == .noTopic else { return .ok }
      printError("statusd tail: there is no topic '\(plan.topic)'\(nearest(to: plan.topic, cluster))\n")
      return .failed
    }
  }

  private static func say(_ notice: Follower.Notice, of topic: String, _ cluster: Cluster) {
    switch notice {
    case .waitsForTopic:
      printError("statusd tail: there is no topic '\(topic)' yet; waiting for it\n")
    case .noAnswer(let error):
      printError("statusd tail: no answer from \(cluster.configuration.brokers) (\(error)); still trying\n")
    case .producersTimes:
      printError("statusd tail: records of '\(topic)' have the producers' own times (CreateTime); --since uses these\n")
    }
  }

  /// The topic whose name is nearest to one that doesn't exist.
  private static func nearest(to topic: String, _ cluster: Cluster) -> String {
    let found = try? Admin.ask(cluster.configuration, log: Cluster.log, patience: .seconds(1)) {
      admin throws(KafkaError) in try admin.describe(within: .seconds(2))
    }
    let names = found?.topics.map(\.name) ?? []
    return suggestion(for: topic, among: names).map { " (did you mean '\($0)'?)" } ?? ""
  }

  /// What has been asked to be seen.
  private struct View {
    let format: Format
    let matches: [FieldMatch]
    /// How many records may still be shown; nil if unlimited.
    var left: Int?
    /// The result of writing.
    private(set) var flow = OutputStream.Flow.open
    let signals: Signals
    var output = OutputStream()
    var lines = RecordLines(colours: .ofOutput)
    /// Whether the mark of Kafka's times has been explained.
    private var saysKafkaTime = false

    init(format: Format, matches: [FieldMatch], left: Int?, signals: Signals) {
      self.format = format
      self.matches = matches
      self.left = left
      self.signals = signals
    }

    /// Shows a batch. Returns whether more is wanted.
    mutating func show(_ batch: borrowing Batch) -> Bool {
      for index in batch.indices where left != 0 {
        let message = batch[index]
        guard message.kind == .record else { continue }
        let time = message.timestamp < 0 ? nil : WallTime(milliseconds: message.timestamp)
        if format == .json, matches.isEmpty {
          JSONLine.append(message.value, to: &output.bytes)
        } else {
          let record = SeenRecord(key: message.key, value: message.value, kafkaTime: time)
          guard matches.allSatisfy({ $0.covers(record) }) else { continue }
          switch format {
          case .pretty: lines.append(record, to: &output.bytes)
          case .json: JSONLine.append(record.value, to: &output.bytes)
          }
        }
        left = left.map { $0 - 1 }
        if output.bytes.count >= OutputStream.greatestBatch, !flush() { return false }
      }
      return flush() && left != 0
    }

    private mutating func flush() -> Bool {
      if lines.hasShownKafkaTime, !saysKafkaTime {
        saysKafkaTime = true
        printError("statusd tail: a * after a time marks Kafka's time: the record has none of its own\n")
      }
      flow = output.flush(hearing: signals)
      return flow.isOpen
    }
  }
}
