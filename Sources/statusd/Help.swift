import Arguments
import Console
import Platform

/// `statusd help`: the text of `--help`, and the man page and completions for the installation.
enum Help: Subcommand {
  private static let man = Flag("man", help: "write the man page instead (roff, for man)")
  private static let completions = Option<Shell>.choice(
    "completions", help: "write completions for this shell instead")

  static var command: Command {
    Command(
      name: "help",
      summary: "show how statusd or one of its commands is used",
      options: [man, completions],
      operand: .init("COMMAND", count: 0...1, completion: .words(others.map { $0.command.name })),
      examples: [
        .init("statusd help tail", "show the options of 'statusd tail', with examples"),
        .init("statusd help --man | man -l -", "read everything as one page"),
        .init("source <(statusd help --completions bash)", "complete commands and options in this shell"),
      ])
  }

  /// All but this command, whose declaration needs this list.
  private static var others: [any Subcommand.Type] { subcommands.filter { $0 != Help.self } }

  static func run(_ given: Parsed) throws -> ExitCode {
    if given[man] { return try show(program.manPage(date: "")) }
    if let shell = given[completions] { return try show(program.completions(for: shell)) }
    guard let name = given.operands.first else { return try show(program.help) }
    guard let command = program.command(named: name) else {
      let hint = suggestion(for: name, among: program.commands.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
      throw UsageError("unknown command '\(name)'\(hint)")
    }
    return try show(program.help(for: command))
  }

  private static func show(_ text: String) throws -> ExitCode {
    try printOut(text)
    return .ok
  }
}
