import Arguments
import Backtest
import Console
import Glibc
import Kafka
import Platform
import Programs
import Settings
import Topics

/// `statusd backtest`: applies the rules to history.
enum Backtest: Subcommand {
  private static let config = Option.file(
    "config", short: "c", help: "take rules, brokers and topics from this configuration", isRequired: true)
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC",
    help:
      "status, readings or monitor as the configuration names them, or any topic's name; by default status, readings, and the topics of streams whose records a rule watches",
    completion: .words(["status", "readings", "monitor"]))
  private static let since = Option<Moment>(
    "since", short: "s", placeholder: "DURATION|TIME|beginning",
    help: "begin with records of the last 7d, for example, or since 2026-11-22T18:00:00Z; by default with all records",
    completion: .words(["beginning", "1h", "1d", "7d"]), read: Moment.init)
  private static let until = Option<Moment>(
    "until", short: "u", placeholder: "DURATION|TIME", help: "end with records before that time; by default now",
    completion: .words(["now", "1h", "1d"]), read: Moment.init)
  private static let fromFile = Option.file(
    "from-file", help: "read the records from this file instead, one a line; needs no broker")
  private static let compare = Option.text(
    "compare", placeholder: "TOPIC",
    help: "show only differences from the transitions in this topic, usually alerts; status 1 if there are any",
    completion: .words(["alerts"]))
  private static let format = Option<Format>.choice(
    "format", short: "f", help: "lines for people and a summary, or transitions as JSON, one a line; by default pretty"
  )

  static var command: Command {
    Command(
      name: "backtest",
      summary: "apply the rules to history: what would have fired",
      description: [
        "Reads a topic's records from --since to the topic's end at the start of the command, and evaluates them as "
          + "'statusd run' does, beginning without state. Writes to no topic. Transitions come in the order of Kafka's "
          + "time, those of the readings after those of the hosts, and those of streams' records after these. A topic "
          + "that no stream has is read like the status topic. "
          + "Alerts about a silent host aren't shown: they don't follow from the log.",
        "The pretty format ends with a summary of each rule: the number of alerts, their total firing time, the "
          + "shortest, and how many flapped (fired again within 10 minutes of their end). The json format is that of "
          + "the alerts topic; its summary goes to standard error.",
        "--compare compares the result, by ids, with the transitions in the alerts topic for the same records, up to "
          + "the position of the evaluator's group: '+' marks transitions that only the backtest has, '-' those that "
          + "only the topic has, '~' those in another order. A transition that is there twice is a difference, too, "
          + "unless delivery is at_least_once. An alert isn't compared after a silence or a change of rules. State "
          + "begins empty at --since: begin earlier by at least the longest time in the rules.",
        "--from-file reads lines {\"key\":…,\"timestamp\":MILLISECONDS,\"value\":{…}}: one partition of a topic with "
          + "the broker's timestamps, in the order of the file. A value of null is a tombstone.",
      ],
      options: [config, topic, since, until, fromFile, compare, format],
      examples: [
        .init("statusd backtest --config new.toml --since 7d", "what these rules would have raised in the last week"),
        .init(
          "statusd backtest --config statusd.toml --since 1d --compare alerts",
          "compare yesterday's alerts with what these rules raise"),
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
      throw UsageError("--from-file reads the whole file: it can't be combined with --since, --until or --compare")
    }
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals.forShowing()
    return try withCluster(given) { cluster in
      let view = BacktestView(
        given[format] ?? .pretty, rules: cluster.settings.rules.map(\.name), isComparing: given[compare] != nil,
        signals: signals)
      let named = given[topic].map { [cluster.topic(named: $0)] }
      let topics = named ?? cluster.settings.sources.map(\.topic)
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
