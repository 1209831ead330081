import Arguments
import Console
import Forwarding
import Kafka
import Platform
import Programs
import Records
import Settings
import Topics
import Ways

/// `statusd-forward replay`: tells receivers once more of what they couldn't be told.
enum Replay: Subcommand {
  private static let receiver = Option.text(
    "receiver", short: "r", placeholder: "NAME", help: "only this receiver; by default all of the configuration")
  private static let since = Option<Moment>(
    "since", short: "s", placeholder: "DURATION|TIME|beginning",
    help:
      "begin with what was given up in the last 2h, for example, or since 2026-11-22T18:00:00Z; by default with all",
    completion: .words(["beginning", "1h", "1d", "7d"]), read: Moment.init)
  private static let print = Flag("print", short: "p", help: "show what would be told, and tell nobody")

  /// How many transitions are replayed at most.
  private static let most = 100_000

  static var command: Command {
    Command(
      name: "replay",
      summary: "tell receivers once more of the transitions that were given up",
      description: [
        "Reads the topic of transitions that couldn't be told (by default statusd-undelivered), and tells each once more to "
          + "its receiver, one by one, in the order in which they were given up. A line for each says what came of it. The "
          + "transitions may be old: the alert may have ended meanwhile.",
        "Once a receiver isn't well, it is told of nothing more. The topic stays as it is: give --since to leave out what "
          + "was told by an earlier replay. The status is 0 if all were told, 1 if one was refused, and 75 if some are left. "
          + "Alertmanager is told anyway of what fires, so nothing is replayed for it.",
      ],
      options: [ConfigurationFile.option, receiver, since, print],
      examples: [
        .init("statusd-forward replay --config statusd.toml --print", "show what was given up, and why"),
        .init(
          "statusd-forward replay --config statusd.toml --receiver on-call --since 2h",
          "tell 'on-call' of what was given up in the last two hours"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let path = given[ConfigurationFile.option] else { return .usage }
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals()
    guard let settings = try ReceiverCommand.settings(path) else { return .configuration }
    if let name = given[receiver], !settings.receivers.contains(where: { $0.definition.name == name }) {
      throw UsageError(ReceiverCommand.unknown(name, in: settings))
    }
    var reading = Reading(only: given[receiver], most: most)
    let topic = settings.topics.undelivered
    let ending: History.Ending
    do {
      ending = try History.open(settings.kafkaConfiguration, topic: topic, signals: signals, log: Cluster.log) {
        history in
        try history.read(history.stretch(from: given[since] ?? .beginning, to: .now), into: &reading) { !$0.isFull }
      }
    } catch let problem as History.Problem {
      return problem.report("statusd-forward replay", topic: topic)
    } catch let error as KafkaError {
      throw Cluster.Refusal(error: error)
    }
    if reading.isFull {
      printError("statusd-forward replay: '\(topic)' has more than \(most) transitions: begin later, with --since\n")
      return .temporary
    }
    if reading.foreign > 0 {
      printError(
        "statusd-forward replay: \(counted(reading.foreign, "record")) of '\(topic)' skipped: not understood\n")
    }
    if let problem = ending.problem(topic: topic) {
      printError("statusd-forward replay: \(problem)\n")
      return .temporary
    }
    // By time: the topic may have several partitions.
    let lost = reading.lost.sorted { $0.time < $1.time }.map(\.lost)
    return given[print] ? try show(lost) : try tell(lost, settings, signals)
  }

  private static func show(_ lost: [Undelivered]) throws -> ExitCode {
    for one in lost { try printOut("\(line(one)): \(Printable.text(one.reason))\n") }
    return .ok
  }

  private static func tell(_ lost: [Undelivered], _ settings: Settings, _ signals: Signals) throws -> ExitCode {
    let source = StopSource()
    let shared = try ReceiverWay.Shared(stop: source.token, log: Logger(output: StandardErrorLog()))
    var ways: [String: ReceiverWay] = [:]
    for receiver in settings.receivers {
      if case .alertmanager = receiver.way { continue }
      ways[receiver.definition.name] = try ReceiverWay(receiver, shared)
    }
    var isUnwell: Set<String> = []
    var (left, refused) = (0, 0)
    for one in lost {
      guard let way = ways[one.receiver], let notification = notification(one, settings) else {
        try printOut("\(line(one)): left out: \(reasonToLeaveOut(one, ways))\n")
        continue
      }
      if isUnwell.contains(one.receiver) || signals.take() == .stop {
        left += 1
        continue
      }
      let outcome = way.send(notification)
      try printOut("\(line(one)): \(ReceiverCommand.text(outcome))\n")
      switch outcome {
      case .delivered: break
      case .later:
        isUnwell.insert(one.receiver)
        left += 1
      case .refused: refused += 1
      }
    }
    if left > 0 {
      printError("statusd-forward replay: \(counted(left, "transition")) could not be told now\n")
      return .temporary
    }
    return refused > 0 ? .failed : .ok
  }

  private static func reasonToLeaveOut(_ one: Undelivered, _ ways: [String: ReceiverWay]) -> String {
    ways[one.receiver] == nil
      ? "the configuration has no such receiver, or it is an Alertmanager" : "the record is no transition"
  }

  /// nil if the record has no transition.
  private static func notification(_ one: Undelivered, _ settings: Settings) -> ForwardNotification? {
    guard let transition = Transition.decode(one.transition),
      let definition = settings.receivers.first(where: { $0.definition.name == one.receiver })?.definition
    else { return nil }
    let forwarded = ForwardedTransition(
      ForwardPlace(.alerts, 0, 0), transition, kafkaTime: transition.timestamp.milliseconds, value: one.transition)
    return ForwardNotification(
      id: transition.id, group: definition.group(of: transition), transitions: [forwarded])
  }

  /// `on-call: 2026-11-20T12:00:00.000Z firing cpu-high/web-1`
  private static func line(_ one: Undelivered) -> String {
    let transition = Transition.decode(one.transition)
    let what =
      transition.map { "\($0.timestamp.rfc3339) \($0.status.rawValue) \($0.key)" } ?? "a record without a transition"
    return Printable.text("\(one.receiver): \(what)")
  }

  /// Takes the topic's records.
  private struct Reading: HistoryReceiver {
    private let only: String?
    private let most: Int
    private(set) var lost: [(time: Int64, lost: Undelivered)] = []
    private(set) var foreign = 0
    private(set) var isFull = false

    init(only: String?, most: Int) {
      self.only = only
      self.most = most
    }

    mutating func expect(_ record: Message, of partition: Int32) {}
    mutating func receiveEnd(of partition: Int32, position: Int64) {}

    mutating func receive(_ record: Message, of partition: Int32) {
      guard let one = record.value.flatMap({ Undelivered($0) }) else {
        foreign += 1
        return
      }
      if let only, one.receiver != only { return }
      if lost.count < most { lost.append((record.timestamp, one)) } else { isFull = true }
    }
  }
}
