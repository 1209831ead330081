public import Arguments
import Console
import Kafka
public import Platform

/// One command of a program: its declaration, and its action. Each has a file of its own and an entry in a `CommandSet`.
public protocol Subcommand: SendableMetatype {
  /// The declaration, for parser, help, man page and completions.
  static var command: Command { get }
  /// Runs the command, on the main thread. Throws `UsageError` if its options don't go together.
  static func run(_ given: Parsed) throws -> ExitCode
}

/// Options that don't go together; shown with the command's name, exit status 64.
public struct UsageError: Error {
  /// What doesn't, for people.
  public let message: String

  /// An error with this message.
  public init(_ message: String) { self.message = message }
}

/// A program: its declaration, and its commands.
public protocol CommandSet: SendableMetatype {
  /// The program's name: `statusd`.
  static var name: String { get }
  /// For parser, help, man page and completions.
  static var program: Program { get }
  /// All commands, in the order of the help.
  static var subcommands: [any Subcommand.Type] { get }
}

extension CommandSet {
  /// Runs what the command line asks for.
  public static func run(_ arguments: [String]) -> ExitCode {
    do {
      return try run(program.parse(arguments))
    } catch {
      printError("\(program.name): \(error)\n")
      return error is OutputError ? .inputOutput : .software
    }
  }

  private static func run(_ invocation: Invocation) throws -> ExitCode {
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
      } catch is Cluster.BadConfiguration {
        return .configuration
      } catch let error as Cluster.Refusal {
        printError("\(program.name): \(error.error)\n")
        return .configuration
      } catch {
        printError("\(program.name) \(command.name): \(error)\n")
        return .software
      }
    }
  }
}

extension Program {
  /// The exit statuses of statusd's programs and their meanings.
  public static let exitStatuses: [(status: Int32, meaning: String)] = [
    (ExitCode.ok.rawValue, "success"),
    (ExitCode.failed.rawValue, "the command ran and its answer is no"),
    (ExitCode.usage.rawValue, "the command line is wrong"),
    (ExitCode.data.rawValue, "brokers refuse a record itself: trying again is useless"),
    (ExitCode.software.rawValue, "an internal error of statusd"),
    (ExitCode.inputOutput.rawValue, "standard output can't be written, or standard input can't be read"),
    (ExitCode.temporary.rawValue, "a temporary failure, such as records not delivered: try again"),
    (ExitCode.configuration.rawValue, "the configuration is wrong"),
  ]
}
