/// An option of a command, as help, man page and completions see it.
public protocol OptionDeclaration: Sendable {
  /// Without its dashes: `config`.
  var name: String { get }
  /// The one-letter form, an ASCII letter.
  var short: Character? { get }
  /// What stands for the value in the help: `FILE`; nil: the option takes none.
  var placeholder: String? { get }
  /// A phrase, without a capital and a full stop.
  var help: String { get }
  /// Whether the command can't run without it.
  var isRequired: Bool { get }
  /// What the shell offers for its value.
  var completion: Completion { get }
  /// Why `text` is no value of this option; nil: it is one.
  func complaint(about text: String) -> String?
}

/// What a shell offers for a value.
public enum Completion: Equatable, Sendable {
  /// Nothing.
  case nothing
  /// Names of files.
  case files
  /// One of these.
  case words([String])
}

/// A text that isn't a value of its option.
public struct ValueError: Error, Equatable, Sendable {
  /// What would have been one: `is no number from 1 to 10`; follows the quoted text.
  public let message: String

  /// `message` follows the quoted text.
  public init(_ message: String) { self.message = message }
}

/// An option that takes a value of type `Value`. Declared once as a constant; what was given is read through it:
/// `parsed[Options.since]`. Of an option that comes several times the last one counts, unless all are asked for.
public struct Option<Value: Sendable>: OptionDeclaration {
  /// Without its dashes.
  public let name: String
  /// The one-letter form.
  public let short: Character?
  /// What stands for the value in the help.
  public let placeholder: String?
  /// What it does.
  public let help: String
  /// Whether the command can't run without it.
  public let isRequired: Bool
  /// What the shell offers for its value.
  public let completion: Completion
  let read: @Sendable (String) throws(ValueError) -> Value

  /// - Parameters:
  ///   - name: without its dashes, lower case, words joined by dashes.
  ///   - placeholder: stands for the value in the help: `FILE`.
  ///   - help: a phrase, without a capital and a full stop; says the default where there is one.
  ///   - read: makes the value; its error follows the quoted text.
  public init(
    _ name: String, short: Character? = nil, placeholder: String, help: String, isRequired: Bool = false,
    completion: Completion = .nothing, read: @escaping @Sendable (String) throws(ValueError) -> Value
  ) {
    self.name = name
    self.short = short
    self.placeholder = placeholder
    self.help = help
    self.isRequired = isRequired
    self.completion = completion
    self.read = read
  }

  /// Why `text` is no value of this option.
  public func complaint(about text: String) -> String? {
    do throws(ValueError) {
      _ = try read(text)
      return nil
    } catch {
      return error.message
    }
  }
}

/// An option that takes no value: it is there or not.
public struct Flag: OptionDeclaration {
  /// Without its dashes.
  public let name: String
  /// The one-letter form.
  public let short: Character?
  /// What it does.
  public let help: String

  /// - Parameters:
  ///   - name: without its dashes.
  ///   - help: a phrase, without a capital and a full stop.
  public init(_ name: String, short: Character? = nil, help: String) {
    self.name = name
    self.short = short
    self.help = help
  }

  /// It has no value.
  public var placeholder: String? { nil }
  /// It never is.
  public var isRequired: Bool { false }
  /// It has no value.
  public var completion: Completion { .nothing }
  /// It has no value.
  public func complaint(about text: String) -> String? { nil }
}
