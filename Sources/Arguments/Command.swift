/// The command line of a program, declared as data. The parser, the help, the man page and the completions are derived
/// from it.
public struct Program: Sendable {
  /// The program's name: `statusd`.
  public var name: String
  /// Its version: `1.0.0`.
  public var version: String
  /// What it is: a phrase without a capital and a full stop.
  public var summary: String
  /// A longer description, one string for each paragraph.
  public var description: [String]
  /// Its commands, in the order of the help.
  public var commands: [Command]
  /// Its exit statuses and their meanings.
  public var exitStatuses: [(status: Int32, meaning: String)]
  /// The environment variables that it reads, and their meanings.
  public var environment: [(name: String, meaning: String)]
  /// The files that it reads, and their meanings.
  public var files: [(path: String, meaning: String)]

  /// Creates a program; see the properties.
  public init(
    name: String, version: String, summary: String, description: [String] = [], commands: [Command],
    exitStatuses: [(status: Int32, meaning: String)] = [], environment: [(name: String, meaning: String)] = [],
    files: [(path: String, meaning: String)] = []
  ) {
    self.name = name
    self.version = version
    self.summary = summary
    self.description = description
    self.commands = commands
    self.exitStatuses = exitStatuses
    self.environment = environment
    self.files = files
  }

  /// The command with this name; nil if there is none.
  public func command(named name: String) -> Command? { commands.first { $0.name == name } }

  /// `statusd 1.0.0`.
  public var versionLine: String { "\(name) \(version)" }
}

/// One command: `statusd tail`.
public struct Command: Sendable {
  /// The command's name as typed.
  public var name: String
  /// What it does: a phrase without a capital and a full stop.
  public var summary: String
  /// A longer description, one string for each paragraph.
  public var description: [String]
  /// Its options, in the order of the help; `--help` is added automatically.
  public var options: [any OptionDeclaration]
  /// The operands (words that aren't options); nil if it takes none.
  public var operand: Operand?
  /// Examples of its use, at least one.
  public var examples: [Example]

  /// The operands of a command: words that aren't options.
  public struct Operand: Sendable {
    /// The name of an operand in the help: `HOST`.
    public var placeholder: String
    /// The allowed number of operands.
    public var count: ClosedRange<Int>
    /// What the shell offers as completion.
    public var completion: Completion

    /// Operands named `placeholder` in the help.
    public init(_ placeholder: String, count: ClosedRange<Int>, completion: Completion = .nothing) {
      self.placeholder = placeholder
      self.count = count
      self.completion = completion
    }
  }

  /// A command line and what it does.
  public struct Example: Sendable {
    /// The command line as typed.
    public var line: String
    /// What it does: a phrase without a capital and a full stop.
    public var meaning: String

    /// An example: `line` does `meaning`.
    public init(_ line: String, _ meaning: String) {
      self.line = line
      self.meaning = meaning
    }
  }

  /// Creates a command; see the properties.
  public init(
    name: String, summary: String, description: [String] = [], options: [any OptionDeclaration] = [],
    operand: Operand? = nil, examples: [Example]
  ) {
    self.name = name
    self.summary = summary
    self.description = description
    self.options = options
    self.operand = operand
    self.examples = examples
  }

  static let help = Flag("help", short: "h", help: "show this help and exit")
  static let version = Flag("version", short: "V", help: "show the version and exit")

  /// The command's options and `--help`.
  var allOptions: [any OptionDeclaration] { options + [Self.help] }
}
