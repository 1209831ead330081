import Arguments
import Console
import Kafka
import Platform
import Topics

/// `statusd streams`: the streams, how much comes in each, and the rules that fire.
enum Streams: Subcommand {
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC", help: "the topic of the readings; by default the configuration's",
    completion: .words(["readings"]))
  private static let since = Option<Moment>(
    "since", short: "s", placeholder: "DURATION|beginning",
    help: "look for readings of the last 10m, for example, or for all readings; by default of the last 2m",
    completion: .words(["beginning", "2m", "10m", "1h"])
  ) { text throws(ValueError) in
    if text == "beginning" { return .beginning }
    guard let duration = Duration(text: text), duration >= .zero else {
      throw ValueError("is neither a duration, such as 10m, nor 'beginning'")
    }
    return .ago(duration)
  }
  private static let values = Flag("values", help: "show the streams' values (by), too")
  private static let refresh = Option<Duration>.duration(
    "refresh", short: "r", in: .milliseconds(100) ... .seconds(3600),
    help: "show the table again and again, this often, until Ctrl-C")
  private static let format = Option<StreamsView.Format>.choice(
    "format", short: "f", help: "a table for people, or JSON, one object a line; by default pretty")

  static var command: Command {
    Command(
      name: "streams",
      summary: "show the streams: how much comes, how late, and which rules fire",
      description: [
        "Reads the newest readings from their topic (by default statusd-readings), and shows the newest one of each "
          + "stream; with names or globs (* and ?) only of these. Only committed records are read. With --refresh a "
          + "terminal shows the table in place, anything else gets one table after the other. A stream that was seen "
          + "once stays in the table.",
        "RATE and BYTES are those of a second of the reading's interval, - if partitions are missing; DELAY is the "
          + "average time from a record's own time to Kafka's; SILENCE is the time since the last record. MISSING "
          + "(partitions that can't be read), LATE and LOST (records of the interval) are there if a stream has any. "
          + "AGE is the time since the reading: if it grows, nothing meters the stream. FIRING are the rules in the "
          + "topic of firing alerts (by default alerts-current) that fire for the stream, the worst first.",
        "The json format is an object with stream, kind, timestamp, age_seconds, numbers (all of the reading) and "
          + "firing (null if it can't be found out).",
        "If brokers don't answer within \(History.silence.text), or the topic doesn't exist, the status is 75. "
          + "At most \(SeenStreams.greatestCount) streams and values are shown.",
      ],
      options: [Cluster.config, Cluster.brokers, topic, since, values, refresh, format],
      operand: .init("NAME", count: 0...1000),
      examples: [
        .init("statusd streams", "show all streams once, with this machine's configuration"),
        .init("statusd streams --refresh 2s --values orders", "watch the stream orders and its values"),
        .init("statusd streams --format json 'eu-*' | jq -c '[.stream, .numbers.rate]'", "feed another program"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    let interval = given[refresh]
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try interval == nil ? Signals() : Signals.forShowing()
    return try withCluster(given) { cluster in
      let names = Names(
        readings: given[topic].map(cluster.topic(named:)) ?? cluster.topics.readings,
        alerts: cluster.topics.alertsCurrent)
      let configuration = cluster.configuration
      return try History.open(configuration, topic: names.readings, signals: signals, log: Cluster.log) { readings in
        try History.open(configuration, topic: names.alerts, signals: signals, log: History.silent) { alerts in
          let format = given[format] ?? .pretty
          let wanted = SeenStreams.Wanted(names: given.operands, takesValues: given[values])
          let since = given[since] ?? .ago(.seconds(120))
          var watch = Watch(
            names: names, since: since,
            streams: GrowingHistory(SeenStreams(wanted, keepsRecords: format == .json)))
          let none = given.operands.isEmpty ? "no stream" : "no such stream"
          var view = StreamsView(
            format: format, isRepeated: interval != nil, signals: signals,
            nothing: "\(none) has a reading \(since.text)")
          guard let interval else { return try watch.once(&readings, &alerts, &view) }
          return try watch.run(&readings, &alerts, &view, every: interval, signals)
        }
      }
    }
  }

  /// The names of the topics.
  private struct Names {
    let readings: String
    let alerts: String
  }

  /// Both topics, as far as they have been read.
  private struct Watch: ~Copyable {
    let names: Names
    let since: Moment
    var streams: GrowingHistory<SeenStreams>
    var alerts = GrowingHistory(CurrentAlerts())

    /// Shows the streams once.
    mutating func once(
      _ readings: inout History, _ current: inout History, _ view: inout StreamsView
    ) throws -> ExitCode {
      do {
        let seen = try read(&readings, &current)
        try view.show(seen)
        return seen.isComplete ? .ok : .temporary
      } catch let problem as History.Problem {
        return say(problem)
      }
    }

    /// Shows the streams every `interval`, until a signal comes or the reader is gone. Once brokers have answered, it
    /// outlasts their absence.
    mutating func run(
      _ readings: inout History, _ current: inout History, _ view: inout StreamsView, every interval: Duration,
      _ signals: Signals
    ) throws -> ExitCode {
      let wakeup = try Wakeup()
      let time = SystemTime()
      var hasAnswered = false
      while true {
        let begin = time.monotonic
        do {
          let seen = try read(&readings, &current)
          hasAnswered = true
          if seen.isStopped { return .ok }
          try view.show(seen)
        } catch History.Problem.stopped {
          return .ok
        } catch let problem as History.Problem {
          guard hasAnswered else { return say(problem) }
          try view.show(seen(firing: nil, notes: [problem.note(names.readings)]))
        }
        guard view.isOpen else { return .ok }
        let left = max(.zero, begin + interval - time.monotonic)
        if signals.pause(left, drainingRingsOf: wakeup) || signals.take() == .stop { return .ok }
      }
    }

    private mutating func read(_ readings: inout History, _ current: inout History) throws -> StreamsView.Seen {
      var ending = try streams.read(&readings, from: since)
      var notes: [String] = []
      if let problem = ending.problem(topic: names.readings) { notes.append(problem) }
      if case .stopped = ending { return seen(firing: nil, notes: notes, ending) }
      var firing: FiringRules?
      do {
        let other = try alerts.read(&current, from: .beginning)
        firing = FiringRules(alerts.taker.firing())
        if let problem = other.problem(topic: names.alerts) {
          notes.append(problem)
          ending = other
        }
      } catch History.Problem.noTopic {
        firing = FiringRules()
        notes.append(
          "there is no topic '\(names.alerts)': no evaluator that keeps it has run on these brokers yet, so no rule "
            + "fires")
      } catch History.Problem.stopped {
        ending = .stopped
      } catch let problem as History.Problem {
        notes.append("FIRING is unknown: \(problem.note(names.alerts))")
        ending = .silent
      }
      return seen(firing: firing, notes: notes, ending)
    }

    private func seen(
      firing: FiringRules?, notes: [String], _ ending: History.Ending = .complete
    ) -> StreamsView.Seen {
      var notes = notes
      if streams.taker.hasLeftOut {
        notes.append(
          "there are more than \(SeenStreams.greatestCount) streams and values, or \(SeenStreams.greatestSize >> 20) "
            + "MiB of readings: not all are shown")
      }
      if streams.taker.foreign > 0 {
        notes.append("\(counted(streams.taker.foreign, "record")) of '\(names.readings)' skipped: not a reading")
      }
      return StreamsView.Seen(streams: streams.taker.sorted, firing: firing, notes: notes, ending: ending)
    }

    private func say(_ problem: History.Problem) -> ExitCode {
      printError("statusd streams: \(problem.note(names.readings))\n")
      return .temporary
    }
  }
}

extension Moment {
  /// Which records begin there.
  fileprivate var text: String { if case .ago(let duration) = self { "of the last \(duration.text)" } else { "yet" } }
}

extension History.Problem {
  /// The problem, for people.
  fileprivate func note(_ topic: String) -> String {
    switch self {
    case .noTopic: "there is no topic '\(topic)': no meter has written readings on these brokers yet"
    case .noAnswer(let error): "brokers give no information on '\(topic)': \(error)"
    case .stopped: "stopped before all of '\(topic)' was read"
    }
  }
}
