import Arguments
import Glibc
import Kafka
import Platform
import ProcFS
import Programs
import Settings

/// `statusd run`: the daemon.
enum Run: Subcommand {
  static var command: Command {
    Command(
      name: "run",
      summary: "sample this host and evaluate rules, until a signal ends it",
      description: [
        "SIGTERM and SIGINT end it within 5 s, whatever brokers do: with status 0 if everything was delivered, else "
          + "with 75 and the number of undelivered records. A second signal ends it at once. After SIGTERM the group "
          + "keeps the partitions of an evaluator for a restart, for the duration of its session; after SIGINT they "
          + "go to others at once. SIGHUP reloads the rules and the log level; a configuration with a mistake is "
          + "refused, and the old one stays in effect."
      ],
      options: [ConfigurationFile.option, CommonOptions.role],
      examples: [
        .init("statusd run --config /etc/statusd/statusd.toml", "run with this configuration"),
        .init("statusd run --config statusd.toml --role agent", "sample this host, evaluate nothing"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let path = given[ConfigurationFile.option] else { return .usage }
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals()
    let log = Logger(output: StandardErrorLog())
    guard let loaded = ConfigurationFile.load(path, log), var settings = loaded.settings else { return .configuration }
    log.level = settings.log.level
    if let role = given[CommonOptions.role] { settings.run.role = role }
    let needs = Needs(settings)
    if let shortage = needs.shortage() { return refuse(NoRoom(needs: needs, shortage: shortage), log) }
    if MachineName.isMissing(in: settings, loaded.machineNames) {
      guard let name = try MachineName.wait(hearing: signals, log) else { return .ok }
      MachineName.put(name, into: &settings, loaded.machineNames)
    }
    if !settings.run.role.evaluates { ProcessMemory.useOneHeap() }
    Footprint.reduce(settings.kafka)
    do {
      let daemon = try Daemon(
        settings: settings, machineNames: loaded.machineNames, path: path, role: given[CommonOptions.role], log: log)
      return try daemon.run(signals: signals).exitCode
    } catch let error as NoRoom {
      return refuse(error, log)
    } catch {
      var facts: LogMetadata = ["reason": .string("\(error)")]
      if let remedy = remedy(of: error) { facts.append("remedy", .string(remedy)) }
      log.critical("can't start", facts)
      return exitCode(of: error)
    }
  }

  private static func refuse(_ error: NoRoom, _ log: Logger) -> ExitCode {
    log.critical(
      "can't start: the machine's limits are too low for this configuration", error.needs.facts(of: error.shortage))
    return .temporary
  }

  static func remedy(of error: any Error) -> String? {
    guard let error = error as? ProcError else { return nil }
    return error.lacksDescriptor
      ? "raise LimitNOFILE= of the unit, or ulimit -n" : "set agent.procfs to a mounted proc file system"
  }

  /// The exit code: either the configuration can't be used here, or the machine lacks a resource for now.
  static func exitCode(of error: any Error) -> ExitCode {
    switch error {
    case let error as ProcError where error.lacksDescriptor: .temporary
    case let error as KafkaError where error.code == .noResource: .temporary
    case is KafkaError, is ProcError: .configuration
    case is SystemError: .temporary
    default: .software
    }
  }
}
