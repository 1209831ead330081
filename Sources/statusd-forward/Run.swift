import Arguments
import Kafka
import KafkaEvaluator
import Metrics
import Platform
import Programs
import Settings
import Topics
import Ways

/// `statusd-forward run`: the daemon.
enum Run: Subcommand {
  static var command: Command {
    Command(
      name: "run",
      summary: "tell receivers of alerts, until a signal ends it",
      description: [
        "SIGTERM and SIGINT end it within 5 s: what is on its way to a receiver has a second to arrive, else it is told again "
          + "by the next process. SIGHUP reloads the receivers and the log level; a configuration with a mistake is refused, and the "
          + "old one stays in effect."
      ],
      options: [ConfigurationFile.option],
      examples: [
        .init("statusd-forward run --config /etc/statusd/statusd.toml", "tell the receivers of this configuration")
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let path = given[ConfigurationFile.option] else { return .usage }
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals()
    let log = Logger(output: StandardErrorLog())
    guard let loaded = ConfigurationFile.load(path, surroundings: .forwarder, log), var settings = loaded.settings
    else {
      return .configuration
    }
    log.level = settings.log.level
    if loaded.machineNames.contains("run.instance"), Surroundings.isPlaceholder(settings.run.instance) {
      guard let name = try MachineName.wait(hearing: signals, log) else { return .ok }
      MachineName.put(name, into: &settings, loaded.machineNames)
    }
    Footprint.reduce(settings.kafka)
    _ = ProcessLimits.raiseOpenFiles()
    do {
      return try Daemon(settings, loaded.machineNames, path: path, log).run(signals: signals).exitCode
    } catch {
      log.critical("can't start", ["reason": .string("\(error)")])
      return exitCode(of: error)
    }
  }

  /// The exit code: either the configuration can't be used here, or the machine lacks a resource for now.
  private static func exitCode(of error: any Error) -> ExitCode {
    switch error {
    case let error as KafkaError where error.code == .noResource: .temporary
    case is KafkaError, is ReceiverComplaint: .configuration
    case is SystemError, is ListenFailure: .temporary
    default: .software
    }
  }
}

extension Surroundings {
  /// The machine's surroundings for the program that tells receivers: it reads their secrets.
  static var forwarder: Surroundings {
    var surroundings = machineWithKafka
    surroundings.program = StatusdForward.name
    surroundings.receivers = WayChecks()
    return surroundings
  }
}
