import Arguments
import Console
import Platform

/// `statusd version`: the same as `--version`.
enum Version: Subcommand {
  static var command: Command {
    Command(
      name: "version", summary: "show the version",
      examples: [.init("statusd version", "show the version, as --version does")])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    try printOut(program.versionLine + "\n")
    return .ok
  }
}
