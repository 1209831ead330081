extension Program {
  /// The man page for section 1, with man(7)'s macros, including all commands.
  ///
  /// - Parameter date: the date in the page's footer.
  public func manPage(date: String) -> String {
    var page = Roff()
    page.macro("TH", [name.uppercased(), "1", date, versionLine, "User Commands"])
    page.section("NAME")
    page.text("\(name) - \(summary)")
    page.section("SYNOPSIS")
    page.bold(name)
    page.text("COMMAND [OPTION]...")
    page.section("DESCRIPTION")
    for paragraph in description { page.paragraph(paragraph) }
    page.section("OPTIONS")
    for option in [Command.help, Command.version] { page.item(option.manTerm, option.help.sentence) }
    page.section("COMMANDS")
    for command in commands { describe(command, in: &page) }
    if !exitStatuses.isEmpty {
      page.section("EXIT STATUS")
      for (status, meaning) in exitStatuses { page.item("\(status)", meaning.sentence) }
    }
    if !environment.isEmpty {
      page.section("ENVIRONMENT")
      for (name, meaning) in environment { page.item(name, meaning.sentence) }
    }
    if !files.isEmpty {
      page.section("FILES")
      for (path, meaning) in files { page.item(path, meaning.sentence) }
    }
    return page.source
  }

  private func describe(_ command: Command, in page: inout Roff) {
    page.macro("SS", [synopsis(of: command).joined(separator: " ")])
    page.text(command.summary.sentence)
    for paragraph in command.description { page.paragraph(paragraph) }
    for option in command.options { page.item(option.manTerm, option.help.sentence) }
    for example in command.examples {
      page.paragraph("\(example.meaning.sentence.dropLast()):")
      page.macro("RS", ["4"])
      page.macro("EX", [])
      page.text(example.line)
      page.macro("EE", [])
      page.macro("RE", [])
    }
  }
}

extension OptionDeclaration {
  /// `-c, --config FILE`.
  fileprivate var manTerm: String {
    "\(short.map { "-\($0), " } ?? "")--\(name)\(placeholder.map { " \($0)" } ?? "")"
  }
}

/// Source for man(7), with everything escaped that roff would interpret.
private struct Roff {
  private(set) var source = ""

  mutating func macro(_ name: String, _ arguments: [String]) {
    source += ".\(name)"
    for argument in arguments { source += " \"\(Self.quoted(argument))\"" }
    source += "\n"
  }

  mutating func section(_ title: String) { macro("SH", [title]) }

  mutating func bold(_ text: String) { macro("B", [text]) }

  mutating func paragraph(_ text: String) {
    macro("PP", [])
    self.text(text)
  }

  /// Adds text. A line that begins with a dot or an apostrophe would be a request, so it is escaped.
  mutating func text(_ text: String) {
    let isRequest = text.hasPrefix(".") || text.hasPrefix("'")
    source += (isRequest ? "\\&" : "") + Self.escaped(text) + "\n"
  }

  mutating func item(_ term: String, _ text: String) {
    macro("TP", [])
    macro("B", [term])
    self.text(text)
  }

  /// Escapes text for use within an argument's quotes.
  private static func quoted(_ text: String) -> String {
    escaped(text).map { $0 == "\"" ? "\\(dq" : String($0) }.joined()
  }

  /// Escapes text. A bare `-` would be printed as a hyphen, which can't be copied into a shell.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "\n": result += " "
      default: result.append(character)
      }
    }
    return result
  }
}
