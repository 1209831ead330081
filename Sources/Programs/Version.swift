public import Arguments
import Console
public import Platform

/// `version`: the same as `--version`.
public enum Version<Commands: CommandSet>: Subcommand {
  /// See `Subcommand`.
  public static var command: Command {
    Command(
      name: "version", summary: "show the version",
      examples: [.init("\(Commands.name) version", "show the version, as --version does")])
  }

  /// See `Subcommand`.
  public static func run(_ given: Parsed) throws -> ExitCode {
    try printOut(Commands.program.versionLine + "\n")
    return .ok
  }
}

extension Program {
  /// The version of all programs of statusd.
  public static let version = "0.1.0"
}
