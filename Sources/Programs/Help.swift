public import Arguments
import Console
public import Platform

/// `help`: the text of `--help`, and the man page and completions for the installation.
public enum Help<Commands: CommandSet>: Subcommand {
  private static var man: Flag { Flag("man", help: "write the man page instead (roff, for man)") }
  private static var completions: Option<Shell> {
    Option<Shell>.choice("completions", help: "write completions for this shell instead")
  }

  /// See `Subcommand`.
  public static var command: Command {
    // The program's own declaration needs this one.
    let others = Commands.subcommands.filter { $0 != Self.self }.map { $0.command.name }
    let name = Commands.name
    return Command(
      name: "help",
      summary: "show how \(name) or one of its commands is used",
      options: [man, completions],
      operand: .init("COMMAND", count: 0...1, completion: .words(others)),
      examples: [
        .init("\(name) help \(others[0])", "show the options of '\(name) \(others[0])', with examples"),
        .init("\(name) help --man | man -l -", "read everything as one page"),
        .init("source <(\(name) help --completions bash)", "complete commands and options in this shell"),
      ])
  }

  /// See `Subcommand`.
  public static func run(_ given: Parsed) throws -> ExitCode {
    let program = Commands.program
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
