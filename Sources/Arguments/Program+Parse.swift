import Platform

extension Program {
  /// Parses a command line, `arguments` without the program's name. Prints nothing, and doesn't end the process.
  public func parse(_ arguments: [String]) -> Invocation {
    let own = [Command.help, Command.version]
    let leading: OptionScan
    switch scan(arguments, options: own, stopsAtOperand: true) {
    case .success(let scan): leading = scan
    case .failure(let problem): return misuse(problem.message)
    }
    if leading.values[Command.help.name] != nil { return .show(help) }
    if leading.values[Command.version.name] != nil { return .show(versionLine + "\n") }
    guard let name = leading.operands.first else { return misuse("a command is missing") }
    guard let command = command(named: name) else {
      let hint = suggestion(for: name, among: commands.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
      return misuse("unknown command '\(name)'\(hint)")
    }
    return parse(command, Array(leading.operands.dropFirst()))
  }

  /// The response to a wrong command line: the problem and where to find help. Also for errors that a command finds
  /// itself, beyond what its declaration can express.
  public func misuse(_ problem: String, of command: Command? = nil) -> Invocation {
    let called = command.map { "\(name) \($0.name)" } ?? name
    return .misuse("\(called): \(problem)\nTry '\(called) --help' for more information.\n")
  }

  private func parse(_ command: Command, _ arguments: [String]) -> Invocation {
    let scanned: OptionScan
    switch scan(arguments, options: command.allOptions, stopsAtOperand: false) {
    case .success(let scan): scanned = scan
    case .failure(let problem): return misuse(problem.message, of: command)
    }
    if scanned.values[Command.help.name] != nil { return .show(help(for: command)) }
    for option in command.options {
      if option.isRequired, scanned.values[option.name] == nil {
        return misuse("option '--\(option.name)' is required", of: command)
      }
      for text in scanned.values[option.name] ?? [] {
        if let complaint = option.complaint(about: text) {
          return misuse("option '--\(option.name)': '\(text)' \(complaint)", of: command)
        }
      }
    }
    let allowed = command.operand?.count ?? 0...0
    if scanned.operands.count > allowed.upperBound {
      return misuse("unexpected operand '\(scanned.operands[allowed.upperBound])'", of: command)
    }
    if scanned.operands.count < allowed.lowerBound {
      return misuse("\(command.operand?.placeholder ?? "operand") is missing", of: command)
    }
    return .run(command, Parsed(values: scanned.values, operands: scanned.operands))
  }
}
