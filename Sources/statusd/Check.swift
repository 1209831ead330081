import Arguments
import Console
import Platform
import Programs
import Settings
import Topics

/// `statusd check`: reports every mistake of a configuration, without a broker.
enum Check: Subcommand {
  private static let print = Flag("print", short: "p", help: "show the settings in effect, secrets masked")

  static var command: Command {
    Command(
      name: "check",
      summary: "report every mistake in a configuration",
      description: [
        "Reads the configuration as 'statusd run' does, and reports all its mistakes at once, each with file, line and "
          + "column. It needs no broker. For a file without mistakes it prints 'ok', even if there is advice."
      ],
      options: [ConfigurationFile.option, print],
      examples: [
        .init("statusd check --config /etc/statusd/statusd.toml", "print the mistakes, or 'ok'"),
        .init("statusd check --config statusd.toml --print", "show every setting with its value"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let path = given[ConfigurationFile.option] else { return .usage }
    guard let settings = ConfigurationFile.check(path, surroundings: .machineWithKafka) else { return .configuration }
    let needs = Needs(settings)
    if let shortage = needs.shortage() {
      printError("\(Complaint(file: path, position: nil, weight: .advice, message: needs.advice(on: shortage)))\n")
    }
    // As comments, so that the output itself is a valid configuration.
    let memory = settings.run.role.evaluates ? "# \(settings.memoryInWords)\n" : ""
    try printOut(given[print] ? "# ok\n# needs \(needs.text)\n\(memory)" + settings.describe() : "ok\n")
    return .ok
  }
}
