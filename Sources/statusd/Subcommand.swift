import Arguments
import Console
import Platform

/// One command: its declaration, and its action. Each has a file of its own and an entry in `subcommands`.
protocol Subcommand: SendableMetatype {
  /// The declaration, for parser, help, man page and completions.
  static var command: Command { get }
  /// Runs the command, on the main thread. Throws `UsageError` if its options don't go together.
  static func run(_ given: Parsed) throws -> ExitCode
}

/// Options that don't go together; shown with the command's name, exit status 64.
struct UsageError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

/// All commands, in the order of the help.
let subcommands: [any Subcommand.Type] = [
  Run.self, Check.self, Alerts.self, Streams.self, Groups.self, Tail.self, Backtest.self, Test.self, Forget.self,
  Emit.self, Simulate.self, Demo.self,
  Help.self, Version.self,
]

/// The declaration of the program, for parser, help, man page and completions.
let program = Program(
  name: "statusd",
  version: "0.1.0",
  summary: "monitor machines and data streams through Apache Kafka",
  description: [
    "statusd samples this host's CPU and memory into a topic of Apache Kafka, applies rules to these samples, and "
      + "publishes an alert in the topic 'alerts' when a problem starts and when it ends. Kafka is its only database "
      + "and its only coordinator."
  ],
  commands: subcommands.map { $0.command },
  exitStatuses: [
    (ExitCode.ok.rawValue, "success"),
    (ExitCode.failed.rawValue, "the command ran and its answer is no"),
    (ExitCode.usage.rawValue, "the command line is wrong"),
    (ExitCode.data.rawValue, "brokers refuse a record itself: trying again is useless"),
    (ExitCode.software.rawValue, "an internal error of statusd"),
    (ExitCode.inputOutput.rawValue, "standard output can't be written, or standard input can't be read"),
    (ExitCode.temporary.rawValue, "a temporary failure, such as records not delivered: try again"),
    (ExitCode.configuration.rawValue, "the configuration is wrong"),
  ],
  environment: [
    ("NO_COLOR", "if it is set and not empty, output has no colours"),
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
