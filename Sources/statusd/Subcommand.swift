import Arguments
import Console
import Platform

/// One command: how it is called, and what it does. Each has a file of its own and stands in `subcommands`.
protocol Subcommand: SendableMetatype {
  /// What parser, help, man page and completions know of it.
  static var command: Command { get }
  /// Does it, on the main thread, to its end. Throws `UsageError` where its options don't go together.
  static func run(_ given: Parsed) throws -> ExitCode
}

/// Options that don't go together; shown with the command's name, exit status 64.
struct UsageError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

/// All commands, in the order of the help.
let subcommands: [any Subcommand.Type] = [
  Run.self, Check.self, Alerts.self, Tail.self, Backtest.self, Test.self, Forget.self, Emit.self, Simulate.self,
  Demo.self,
  Help.self, Version.self,
]

/// The program as help, man page and completions know it.
let program = Program(
  name: "statusd",
  version: "0.1.0",
  summary: "watch machines and data streams through Apache Kafka",
  description: [
    "statusd samples this host's CPU and memory into a topic of Apache Kafka, applies rules to what stands there, and "
      + "writes what begins and ceases to be wrong into the topic 'alerts'. Kafka is its only database and its only "
      + "coordinator."
  ],
  commands: subcommands.map { $0.command },
  exitStatuses: [
    (ExitCode.ok.rawValue, "all done"),
    (ExitCode.failed.rawValue, "the command ran and its answer is no"),
    (ExitCode.usage.rawValue, "the command line is wrong"),
    (ExitCode.data.rawValue, "brokers refuse a record for what it is: no other try helps"),
    (ExitCode.software.rawValue, "an error of statusd's own"),
    (ExitCode.inputOutput.rawValue, "standard output can't be written, or standard input can't be read"),
    (ExitCode.temporary.rawValue, "something was not done that another try may do: records not delivered"),
    (ExitCode.configuration.rawValue, "the configuration is wrong"),
  ],
  environment: [
    ("NO_COLOR", "where it is set and not empty, output has no colours"),
    ("NOTIFY_SOCKET, WATCHDOG_USEC, JOURNAL_STREAM", "set by systemd for its services"),
  ],
  files: [("/etc/statusd/statusd.toml", "the configuration of the service")]
)

/// Runs what the command line asks for.
func runStatusd(_ arguments: [String]) -> ExitCode {
  do {
    return try run(program.parse(arguments))
  } catch {
    printError("statusd: \(error)\n")
    return error is OutputError ? .inputOutput : .software
  }
}

private func run(_ invocation: Invocation) throws -> ExitCode {
  switch invocation {
  case .show(let text):
    try printOut(text)
    return .ok
  case .misuse(let text):
    printError(text)
    return .usage
  case .run(let command, let given):
    guard let subcommand = subcommands.first(where: { $0.command.name == command.name }) else { return .software }
    do {
      return try subcommand.run(given)
    } catch let error as UsageError {
      if case .misuse(let text) = program.misuse(error.message, of: command) { printError(text) }
      return .usage
    } catch let error as OutputError {
      throw error
    } catch {
      printError("statusd \(command.name): \(error)\n")
      return .software
    }
  }
}
