import Arguments
import Backtest
import Console
import Glibc
import Kafka
import Platform
import Settings
import Topics

/// `statusd backtest`: what the rules would have made of history.
enum Backtest: Subcommand {
  private static let config = Option.file(
    "config", short: "c", help: "take rules, brokers and topics from this configuration", isRequired: true)
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC",
    help:
      "status, readings or monitor as the configuration names them, or any topic's name; by default status, readings",
    completion: .words(["status", "readings", "monitor"]))
  private static let since = Option<Moment>(
    "since", short: "s", placeholder: "DURATION|TIME|beginning",
    help: "begin with what came in the last 7d, say, or since 2026-11-22T18:00:00Z; by default with all there is",
    completion: .words(["beginning", "1h", "1d", "7d"]), read: Moment.init)
  private static let until = Option<Moment>(
    "until", short: "u", placeholder: "DURATION|TIME", help: "end with what came before then; by default now",
    completion: .words(["now", "1h", "1d"]), read: Moment.init)
  private static let fromFile = Option.file(
    "from-file", help: "take the records from this file instead, one a line; no broker is asked")
  private static let compare = Option.text(
    "compare", placeholder: "TOPIC",
    help: "show only how that differs from what stands in this topic, alerts mostly; status 1 where it does",
    completion: .words(["alerts"]))
  private static let format = Option<Format>.choice(
    "format", short: "f", help: "lines for people with a summary, or transitions as JSON, one a line; by default pretty"
  )

  static var command: Command {
    Command(
      name: "backtest",
      summary: "run the rules over history: what would have fired",
      description: [
        "Reads a topic's records from --since on, as far as it reaches when the command begins, and evaluates them as "
          + "'statusd run' does, from no state. Writes nothing anywhere. Transitions come in the order of Kafka's time, "
          + "those of the readings behind those of the hosts. "
          + "What the silence of a host would have raised isn't shown: no log tells it.",
        "The pretty format ends with a summary of each rule: how many alerts, for how long they fired altogether, the "
          + "shortest, and how many flapped (fired again within 10 minutes of their end). The json format is what would "
          + "stand in the alerts topic; its summary goes to standard error.",
        "--compare holds the result against the transitions that the alerts topic has for the same records, as far as the "
          + "evaluator's group has come, by their ids: '+' marks those that only the backtest has, '-' those that only "
          + "the topic has, '~' those that stand there in another order. One that stands there twice is a difference, "
          + "too, unless delivery is at_least_once. What an alert did after a silence or a change of rules isn't compared. State begins from nothing with "
          + "--since: begin earlier than the longest of the rules' times.",
        "--from-file reads lines {\"key\":…,\"timestamp\":MILLISECONDS,\"value\":{…}}: one partition of a topic with the "
          + "broker's times, in the order of the file. A value of null is a tombstone.",
      ],
      options: [config, topic, since, until, fromFile, compare, format],
      examples: [
        .init("statusd backtest --config new.toml --since 7d", "what these rules would have said in the last week"),
        .init(
          "statusd backtest --config statusd.toml --since 1d --compare alerts",
          "hold what was said yesterday against what should have been"),
        .init(
          "statusd backtest --config statusd.toml --from-file records.jsonl --format json | jq .summary",
          "try rules out on records in a file"),
      ])
  }

  /// How transitions are shown.
  enum Format: String, CaseIterable, Sendable {
    case pretty
    case json
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    if given[fromFile] != nil, given[since] != nil || given[until] != nil || given[compare] != nil {
      throw UsageError("--from-file takes the whole file: it goes neither with --since and --until nor with --compare")
    }
    // Before there is a second thread: all that come inherit what is blocked here.
    let signals = try Signals.forShowing()
    return try withCluster(given) { cluster in
      let view = BacktestView(
        given[format] ?? .pretty, rules: cluster.settings.rules.map(\.name), isComparing: given[compare] != nil,
        signals: signals)
      let named = given[topic].map { [cluster.topic(named: $0)] }
      let topics = named ?? [cluster.topics.status, cluster.topics.readings]
      if let path = given[fromFile] {
        return try RecordedBacktest(path: path, topic: topics[0], settings: cluster.settings).run(view, signals)
      }
      let plan = TopicBacktest.Plan(
        topics: topics, since: given[since] ?? .beginning, until: given[until] ?? .now,
        alerts: given[compare].map(cluster.topic(named:)))
      return try TopicBacktest(cluster, plan, signals).run(view)
    }
  }
}
