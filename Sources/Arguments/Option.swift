/// An option of a command, as the help, the man page and the completions need it.
public protocol OptionDeclaration: Sendable {
  /// The name without its dashes: `config`.
  var name: String { get }
  /// The one-letter form, an ASCII letter; nil if there is none.
  var short: Character? { get }
  /// The name of the value in the help: `FILE`; nil if the option takes no value.
  var placeholder: String? { get }
  /// What it does: a phrase without a capital and a full stop.
  var help: String { get }
  /// Whether the command can't run without it.
  var isRequired: Bool { get }
  /// What the shell offers as completion for its value.
  var completion: Completion { get }
  /// Why `text` isn't a valid value of this option; nil if it is valid.
  func complaint(about text: String) -> String?
}

/// What a shell offers as completion for a value.
public enum Completion: Equatable, Sendable {
  /// No completion.
  case nothing
  /// File names.
  case files
  /// One of these words.
  case words([String])
}

/// The error of a text that isn't a valid value of its option.
public struct ValueError: Error, Equatable, Sendable {
  /// The reason, which follows the quoted text: `is not a number from 1 to 10`.
  public let message: String

  /// An error with `message`, which follows the quoted text.
  public init(_ message: String) { self.message = message }
}

/// An option that takes a value of type `Value`. Declare it once as a constant, and read the given value through it:
/// `parsed[Options.since]`. If it is given several times, the last value counts, unless all are requested.
public struct Option<Value: Sendable>: OptionDeclaration {
  /// The name without its dashes.
  public let name: String
  /// The one-letter form; nil if there is none.
  public let short: Character?
  /// The name of the value in the help.
  public let placeholder: String?
  /// What it does.
  public let help: String
  /// Whether the command can't run without it.
  public let isRequired: Bool
  /// What the shell offers as completion for its value.
  public let completion: Completion
  let read: @Sendable (String) throws(ValueError) -> Value

  /// - Parameters:
  ///   - name: without dashes at the start, in lower case, with words joined by dashes.
  ///   - placeholder: the name of the value in the help: `FILE`.
  ///   - help: a phrase without a capital and a full stop, which names the default if there is one.
  ///   - read: parses the value; the message of its error follows the quoted text.
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

  /// Why `text` isn't a valid value of this option; nil if it is valid.
  public func complaint(about text: String) -> String? {
    do throws(ValueError) {
      _ = try read(text)
      return nil
    } catch {
      return error.message
    }
  }
}

/// An option without a value: it is given or not.
public struct Flag: OptionDeclaration {
  /// The name without its dashes.
  public let name: String
  /// The one-letter form; nil if there is none.
  public let short: Character?
  /// What it does.
  public let help: String

  /// - Parameters:
  ///   - name: without its dashes.
  ///   - help: a phrase without a capital and a full stop.
  public init(_ name: String, short: Character? = nil, help: String) {
    self.name = name
    self.short = short
    self.help = help
  }

  /// Always nil: a flag has no value.
  public var placeholder: String? { nil }
  /// Always false.
  public var isRequired: Bool { false }
  /// Always `.nothing`: a flag has no value.
  public var completion: Completion { .nothing }
  /// Always nil: a flag has no value.
  public func complaint(about text: String) -> String? { nil }
}
