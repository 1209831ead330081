import Arguments
import Console
import Forwarding
import Platform
import Programs
import Settings
import Ways

/// `statusd-forward test RECEIVER`: tells one receiver of a marked alert, and of its end.
enum TestReceiver: Subcommand {
  static var command: Command {
    Command(
      name: "test",
      summary: "tell a receiver of a test alert and of its end, and show what comes back",
      description: [
        "Sends two notifications to the receiver, whatever its match says: an alert of the rule '\(TrialAlert.name)', and "
          + "its end. Each is sent once. It asks no broker, and changes nothing of what the receiver is told otherwise. "
          + "The status is 0 if the receiver has taken both, 1 if it refuses one, and 75 if it isn't well."
      ],
      options: [ConfigurationFile.option],
      operand: .init("RECEIVER", count: 1...1),
      examples: [
        .init(
          "statusd-forward test --config /etc/statusd/statusd.toml on-call",
          "see whether the receiver 'on-call' can be told")
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let path = given[ConfigurationFile.option], let name = given.operands.first else { return .usage }
    guard let settings = try ReceiverCommand.settings(path) else { return .configuration }
    guard let receiver = settings.receivers.first(where: { $0.definition.name == name }) else {
      throw UsageError(ReceiverCommand.unknown(name, in: settings))
    }
    let shared = try ReceiverWay.Shared(stop: StopSource().token, log: Logger(output: StandardErrorLog()))
    let way = try ReceiverWay(receiver, shared)
    let trial = TrialAlert.notifications(
      for: receiver.definition, from: settings.run.instance, now: SystemTime().wall)
    for (what, notification) in [("firing", trial.firing), ("resolved", trial.resolved)] {
      let outcome = way.send(notification)
      try printOut("\(what): \(ReceiverCommand.text(outcome))\n")
      if outcome != .delivered { return ReceiverCommand.exitCode(outcome) }
    }
    return .ok
  }
}

/// What the commands that tell receivers have in common.
enum ReceiverCommand {
  /// The settings of the file at `path`; nil, after printing its mistakes, if it has any.
  static func settings(_ path: String) throws -> Settings? {
    let loaded = Settings.load(path: path, surroundings: .forwarder)
    if loaded.settings == nil { printError(loaded.complaints.map { "\($0)\n" }.joined()) }
    return loaded.settings
  }

  /// The complaint that there is no receiver called `name`.
  static func unknown(_ name: String, in settings: Settings) -> String {
    let names = settings.receivers.map(\.definition.name)
    let hint = suggestion(for: name, among: names).map { "; did you mean '\($0)'?" }
    let all = names.isEmpty ? "; the configuration has none" : "; there is \(names.joined(separator: ", "))"
    return "there is no receiver '\(Printable.text(name))'\(hint ?? all)"
  }

  /// How an attempt ended, for people.
  static func text(_ outcome: ForwardOutcome) -> String {
    switch outcome {
    case .delivered: "delivered"
    case .later(let after?, let reason): "not now, and not before \(after.text) have passed: \(reason)"
    case .later(nil, let reason): "not now: \(reason)"
    case .refused(let reason): "refused: \(reason)"
    }
  }

  static func exitCode(_ outcome: ForwardOutcome) -> ExitCode {
    switch outcome {
    case .delivered: .ok
    case .later: .temporary
    case .refused: .failed
    }
  }
}
