extension Program {
  /// The text of `--help`: the commands, and where to learn more.
  public var help: String {
    var text = "Usage: \(name) COMMAND [OPTION]...\n\n"
    text += TextLayout.wrap("\(name): \(summary).") + "\n"
    for paragraph in description { text += TextLayout.wrap(paragraph) + "\n" }
    text += "Commands:\n"
    text += TextLayout.table(commands.map { ($0.name, $0.summary) })
    text += "\nOptions:\n"
    text += TextLayout.table([Command.help, Command.version].map { ($0.term, $0.help) })
    if let first = commands.first(where: { !$0.examples.isEmpty }), let example = first.examples.first {
      text += "\nExample:\n  \(example.line)\n"
    }
    return text + "\nTry '\(name) COMMAND --help' for a command's options and examples.\n"
  }

  /// The text of `--help` for a command.
  public func help(for command: Command) -> String {
    var text = TextLayout.usage(synopsis(of: command))
    text += "\n" + TextLayout.wrap(command.summary.sentence)
    for paragraph in command.description { text += "\n" + TextLayout.wrap(paragraph) }
    text += "\nOptions:\n"
    text += TextLayout.table(command.allOptions.map { ($0.term, $0.help) })
    text += command.examples.count == 1 ? "\nExample:\n" : "\nExamples:\n"
    for example in command.examples {
      text += "  \(example.line)\n" + TextLayout.wrap(example.meaning, indent: 6)
    }
    return text
  }

  /// The words of a command's usage line: required ones bare, the others in brackets.
  func synopsis(of command: Command) -> [String] {
    var words = ["\(name) \(command.name)"]
    for option in command.options {
      let word = "--\(option.name)\(option.placeholder.map { " \($0)" } ?? "")"
      words.append(option.isRequired ? word : "[\(word)]")
    }
    if let operand = command.operand {
      let word = operand.placeholder + (operand.count.upperBound > 1 ? "..." : "")
      words.append(operand.count.lowerBound == 0 ? "[\(word)]" : word)
    }
    return words
  }
}

extension TextLayout {
  /// `Usage:` and the words, wrapped between words; further lines are aligned with the first option.
  fileprivate static func usage(_ words: [String]) -> String {
    let first = "Usage: \(words.first ?? "")"
    var text = first
    var column = first.count
    for word in words.dropFirst() {
      if column + 1 + word.count > width {
        text += "\n" + String(repeating: " ", count: first.count)
        column = first.count
      }
      text += " \(word)"
      column += 1 + word.count
    }
    return text + "\n"
  }
}

extension OptionDeclaration {
  /// `-c, --config FILE`. Without a letter it is indented, so that the names stay aligned.
  var term: String {
    let letter = short.map { "-\($0), " } ?? "    "
    return "\(letter)--\(name)\(placeholder.map { " \($0)" } ?? "")"
  }
}

extension String {
  /// The phrase with a capital and a full stop.
  var sentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
