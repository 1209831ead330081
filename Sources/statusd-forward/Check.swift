import Arguments
import Console
import Platform
import Programs
import Settings

/// `statusd-forward check`: reports every mistake of a configuration, those of receivers included, without asking anybody.
enum Check: Subcommand {
  private static let print = Flag("print", short: "p", help: "show the settings in effect, secrets masked")

  static var command: Command {
    Command(
      name: "check",
      summary: "report every mistake in a configuration, receivers included",
      description: [
        "Reads the configuration as 'statusd-forward run' does, and reports all its mistakes at once, each with file, "
          + "line and column. 'statusd check' leaves out what only this program knows: the secrets of receivers, their "
          + "addresses and templates, and labels that Alertmanager can't tell apart. It asks no broker and no receiver."
      ],
      options: [ConfigurationFile.option, print],
      examples: [
        .init("statusd-forward check --config /etc/statusd/statusd.toml", "print the mistakes, or 'ok'"),
        .init("statusd-forward check --config statusd.toml --print", "show every setting with its value"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let path = given[ConfigurationFile.option] else { return .usage }
    guard let settings = ConfigurationFile.check(path, surroundings: .forwarder) else { return .configuration }
    // As a comment, so that the output itself is a valid configuration.
    try printOut(given[print] ? "# ok\n" + settings.describe() : "ok\n")
    return .ok
  }
}
