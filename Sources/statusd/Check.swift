import Arguments
import Console
import Platform
import Settings
import Topics

/// `statusd check`: everything that is wrong with a configuration, without a broker.
enum Check: Subcommand {
  private static let print = Flag("print", short: "p", help: "show the settings in force, secrets masked")

  static var command: Command {
    Command(
      name: "check",
      summary: "say everything that is wrong with a configuration",
      description: [
        "Reads the configuration as 'statusd run' does, and says all its mistakes at once, each with file, line and "
          + "column. No broker is asked. A file without mistakes is answered with 'ok'; advice doesn't change that."
      ],
      options: [CommonOptions.config, print],
      examples: [
        .init("statusd check --config /etc/statusd/statusd.toml", "say what is wrong, or 'ok'"),
        .init("statusd check --config statusd.toml --print", "show every setting with its value"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let path = given[CommonOptions.config] else { return .usage }
    let loaded = Settings.load(path: path, surroundings: .machineWithKafka)
    printError(loaded.complaints.map { "\($0)\n" }.joined())
    guard let settings = loaded.settings else { return .configuration }
    let needs = Needs(settings)
    if let shortage = needs.shortage() {
      printError("\(Complaint(file: path, position: nil, weight: .advice, message: needs.advice(on: shortage)))\n")
    }
    // Comments, so that what is printed can be used as a configuration itself.
    let memory = settings.run.role.evaluates ? "# \(settings.memoryInWords)\n" : ""
    try printOut(given[print] ? "# ok\n# needs \(needs.text)\n\(memory)" + settings.describe() : "ok\n")
    return .ok
  }
}
