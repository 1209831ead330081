import Arguments
import Console
import Kafka
import Platform
import Programs
import Topics

/// `statusd alerts`: the firing alerts.
enum Alerts: Subcommand {
  private static let format = Option<Format>.choice(
    "format", short: "f", help: "lines for people, or transitions as JSON, one a line; by default pretty")
  private static let match = Option<FieldMatch>.match("show only alerts whose field is like this (* and ?)")
  private static let failIfFiring = Flag(
    "fail-if-firing", help: "exit with status 1 if an alert is shown, with 75 if it can't be found out")

  static var command: Command {
    Command(
      name: "alerts",
      summary: "show the firing alerts",
      description: [
        "Reads the topic with the last transition of each firing alert (by default alerts-current) to its end, and "
          + "shows the alerts: the worst first, then the longest-firing first. Only committed records are read.",
        "The json format is the transition as it is in the topic, one a line. If brokers don't answer within "
          + "\(History.silence.text), or the topic doesn't exist, the status is 75. If the topic's cleanup.policy "
          + "deletes firing alerts, a warning says so; with --fail-if-firing the status is then 75, too, if no alert "
          + "is shown, because one may be missing.",
      ],
      options: [Cluster.config, Cluster.brokers, format, match, failIfFiring],
      examples: [
        .init("statusd alerts", "show the firing alerts, with this machine's configuration"),
        .init(
          "statusd alerts --brokers kafka-1:9092 --match severity=critical --fail-if-firing",
          "for a script: status 1 if a critical alert fires"),
        .init("statusd alerts --format json | jq -r .summary", "feed another program"),
      ])
  }

  /// How alerts are shown.
  enum Format: String, CaseIterable, Sendable {
    case pretty
    case json
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals()
    return try withCluster(given) { cluster in
      let topic = cluster.topics.alertsCurrent
      var receiver = Receiver()
      let ending: History.Ending
      do {
        ending = try History.open(cluster.configuration, topic: topic, signals: signals, log: Cluster.log) {
          history in
          try history.read(history.stretch(from: .beginning, to: .now), into: &receiver) { _ in true }
        }
      } catch History.Problem.noTopic {
        printError(
          "statusd alerts: there is no topic '\(topic)': no evaluator that keeps it has run on these brokers yet\n")
        return .temporary
      } catch let problem as History.Problem {
        return problem.report("statusd alerts", topic: topic)
      }
      let firing = receiver.alerts.firing(matching: given.all(match))
      try show(firing, as: given[format] ?? .pretty)
      if receiver.alerts.foreign > 0 {
        printError(
          "statusd alerts: \(counted(receiver.alerts.foreign, "record")) of '\(topic)' skipped: not a transition\n")
      }
      if let problem = ending.problem(topic: topic) {
        printError("statusd alerts: \(problem)\n")
        return .temporary
      }
      let isIncomplete = losesAlerts(cluster)
      if given[failIfFiring], !firing.isEmpty { return .failed }
      if given[failIfFiring], isIncomplete { return .temporary }
      return .ok
    }
  }

  private static func show(_ firing: [CurrentAlerts.Alert], as format: Format) throws(OutputError) {
    switch format {
    case .pretty:
      let nothing = "no alert fires\n"
      let lines = CurrentAlerts.lines(firing, now: SystemTime().wall, colours: .ofOutput)
      try printOut(firing.isEmpty ? nothing : lines)
    case .json:
      var bytes: [UInt8] = []
      for alert in firing { alert.value.withUnsafeBytes { JSONLine.append($0, to: &bytes) } }
      try printOut(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// Whether the topic deletes firing alerts; if so, prints a warning. False if brokers don't tell.
  private static func losesAlerts(_ cluster: Cluster) -> Bool {
    let topic = cluster.topics.alertsCurrent
    let wanted = cluster.topics.policy(of: .alertsCurrent).cleanup
    guard let wanted, let admin = try? Admin(cluster.configuration, log: History.silent) else { return false }
    let kept = try? admin.cleanup(of: topic, within: .seconds(2))
    admin.close(by: SystemTime().monotonic + .seconds(1))
    guard let kept, kept.problem(wanted: wanted) == .deletesState else { return false }
    printError(
      "statusd alerts: '\(topic)' has cleanup.policy=\(kept.policy): it may delete long-firing alerts; remedy: "
        + wanted.command(topic: topic, brokers: cluster.configuration.brokers) + "\n")
    return true
  }

  /// Takes the topic's records.
  private struct Receiver: HistoryReceiver {
    var alerts = CurrentAlerts()

    mutating func expect(_ record: Message, of partition: Int32) {}
    mutating func receive(_ record: Message, of partition: Int32) { alerts.take(key: record.key, value: record.value) }
    mutating func receiveEnd(of partition: Int32, position: Int64) {}
  }
}
