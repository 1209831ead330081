/// What a program can be told, declared once as data: from it come the parser, the help, the man page and the
/// completions.
public struct Program: Sendable {
  /// The program's name: `statusd`.
  public var name: String
  /// Its version: `1.0.0`.
  public var version: String
  /// What it is, a phrase without a capital and a full stop.
  public var summary: String
  /// What it is for, one string for each paragraph.
  public var description: [String]
  /// What it can do, in the order of the help.
  public var commands: [Command]
  /// How it ends: each status and what it means.
  public var exitStatuses: [(status: Int32, meaning: String)]
  /// The environment variables that it reads.
  public var environment: [(name: String, meaning: String)]
  /// The files that it reads.
  public var files: [(path: String, meaning: String)]

  /// A program; see the properties.
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

  /// The command of this name.
  public func command(named name: String) -> Command? { commands.first { $0.name == name } }

  /// `statusd 1.0.0`.
  public var versionLine: String { "\(name) \(version)" }
}

/// One command: `statusd tail`.
public struct Command: Sendable {
  /// As it is typed.
  public var name: String
  /// What it does, a phrase without a capital and a full stop.
  public var summary: String
  /// What there is to know, one string for each paragraph.
  public var description: [String]
  /// Its options, in the order of the help; `--help` comes by itself.
  public var options: [any OptionDeclaration]
  /// The words that aren't options; nil: it takes none.
  public var operand: Operand?
  /// How it is used, one at least.
  public var examples: [Example]

  /// Words that aren't options.
  public struct Operand: Sendable {
    /// What stands for one in the help: `HOST`.
    public var placeholder: String
    /// How many there may be.
    public var count: ClosedRange<Int>
    /// What the shell offers.
    public var completion: Completion

    /// Words that stand for `placeholder`.
    public init(_ placeholder: String, count: ClosedRange<Int>, completion: Completion = .nothing) {
      self.placeholder = placeholder
      self.count = count
      self.completion = completion
    }
  }

  /// A command line and what it does.
  public struct Example: Sendable {
    /// As it is typed.
    public var line: String
    /// What it does, a phrase without a capital and a full stop.
    public var meaning: String

    /// `line` does `meaning`.
    public init(_ line: String, _ meaning: String) {
      self.line = line
      self.meaning = meaning
    }
  }

  /// A command; see the properties.
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

  /// The options with the one that every command has.
  var allOptions: [any OptionDeclaration] { options + [Self.help] }
}
