import Arguments
import Console
import Kafka
import Platform
import Programs
import Topics

/// What `statusd streams` and `statusd groups` have in common: they show the newest readings of one kind, and the rules
/// that fire.
enum ReadingsCommand {
  static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC", help: "the topic of the readings; by default the configuration's",
    completion: .words(["readings"]))
  static let since = Option<Moment>(
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
  static let refresh = Option<Duration>.duration(
    "refresh", short: "r", in: .milliseconds(100) ... .seconds(3600),
    help: "show the table again and again, this often, until Ctrl-C")
  static let format = Option<ReadingsFormat>.choice(
    "format", short: "f", help: "a table for people, or JSON, one object a line; by default pretty")

  /// The options of all of them.
  static var options: [any OptionDeclaration] { [Cluster.config, Cluster.brokers, topic, since, refresh, format] }

  /// Shows the readings that are wanted.
  ///
  /// - Parameters:
  ///   - command: its name.
  ///   - one: what a reading is about, for people.
  ///   - many: the same of several.
  static func run<Reading: ShownReading>(
    _ given: Parsed, of command: String, _ wanted: Reading.Wanted, showing: Reading.Type = Reading.self, one: String,
    many: String
  ) throws -> ExitCode {
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
          let since = given[since] ?? .ago(.seconds(120))
          var watch = Watch<Reading>(
            names: names, since: since, command: command, many: many,
            newest: GrowingHistory(SeenReadings<Reading>(wanted, keepsRecords: format == .json)))
          let none = given.operands.isEmpty ? "no \(one)" : "no such \(one)"
          var view = ReadingsView<Reading>(
            of: command, format: format, isRepeated: interval != nil, signals: signals,
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
  private struct Watch<Reading: ShownReading>: ~Copyable {
    let names: Names
    let since: Moment
    /// The command, and what is shown, for people.
    let command: String
    let many: String
    var newest: GrowingHistory<SeenReadings<Reading>>
    var alerts = GrowingHistory(CurrentAlerts())

    /// Shows the readings once.
    mutating func once(
      _ readings: inout History, _ current: inout History, _ view: inout ReadingsView<Reading>
    ) throws -> ExitCode {
      do {
        let seen = try read(&readings, &current)
        try view.show(seen)
        return seen.isComplete ? .ok : .temporary
      } catch let problem as History.Problem {
        return say(problem)
      }
    }

    /// Shows the readings every `interval`, until a signal comes or the reader is gone. Once brokers have answered, it
    /// outlasts their absence.
    mutating func run(
      _ readings: inout History, _ current: inout History, _ view: inout ReadingsView<Reading>,
      every interval: Duration, _ signals: Signals
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

    private mutating func read(
      _ readings: inout History, _ current: inout History
    ) throws -> ReadingsView<Reading>.Seen {
      var ending = try newest.read(&readings, from: since)
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
    ) -> ReadingsView<Reading>.Seen {
      var notes = notes
      if newest.taker.hasLeftOut {
        notes.append(
          "there are more than \(SeenReadings<Reading>.greatestCount) \(many), or "
            + "\(SeenReadings<Reading>.greatestSize >> 20) MiB of readings: not all are shown")
      }
      if newest.taker.foreign > 0 {
        notes.append("\(counted(newest.taker.foreign, "record")) of '\(names.readings)' skipped: not a reading")
      }
      return ReadingsView<Reading>.Seen(readings: newest.taker.sorted, firing: firing, notes: notes, ending: ending)
    }

    private func say(_ problem: History.Problem) -> ExitCode {
      printError("statusd \(command): \(problem.note(names.readings))\n")
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
