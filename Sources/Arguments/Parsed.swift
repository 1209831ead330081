/// What a command was given; every value has been found good.
public struct Parsed: Sendable {
  /// Values by option name, in the order given; a flag's is empty.
  var values: [String: [String]] = [:]
  /// The words that aren't options, as many as the command takes.
  public internal(set) var operands: [String] = []

  /// The value of `option`, the last one where there are several; nil: it wasn't given.
  public subscript<Value>(option: Option<Value>) -> Value? { all(option).last }

  /// Whether `flag` was given.
  public subscript(flag: Flag) -> Bool { values[flag.name] != nil }

  /// All values of `option`, in the order given.
  public func all<Value>(_ option: Option<Value>) -> [Value] {
    (values[option.name] ?? []).compactMap { try? option.read($0) }
  }
}

/// What a command line asks for.
public enum Invocation: Sendable {
  /// Run this command.
  case run(Command, Parsed)
  /// Show this text on standard output, and end well.
  case show(String)
  /// Show this text on standard error, and end with the status for a wrong command line (64, `EX_USAGE`).
  case misuse(String)
}
