/// The options and operands given to a command; all values are valid.
public struct Parsed: Sendable {
  /// The values by option name, in the order given; empty texts for a flag.
  var values: [String: [String]] = [:]
  /// The operands; their number is one that the command allows.
  public internal(set) var operands: [String] = []

  /// The value of `option`, the last one if there are several; nil if it wasn't given.
  public subscript<Value>(option: Option<Value>) -> Value? { all(option).last }

  /// Whether `flag` was given.
  public subscript(flag: Flag) -> Bool { values[flag.name] != nil }

  /// All values of `option`, in the order given.
  public func all<Value>(_ option: Option<Value>) -> [Value] {
    (values[option.name] ?? []).compactMap { try? option.read($0) }
  }
}

/// What a command line requests.
public enum Invocation: Sendable {
  /// Run this command.
  case run(Command, Parsed)
  /// Print this text on standard output, and exit successfully.
  case show(String)
  /// Print this text on standard error, and exit with the status for a wrong command line (64, `EX_USAGE`).
  case misuse(String)
}
