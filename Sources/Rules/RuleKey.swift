import Records

/// One key of `[[rule]]`: its name in the file, its place in the rule, and what follows from both.
///
/// Reading, printing, checks, the changelog's encoding and the succession of rules follow the table `all`.
public struct RuleKey: Sendable {
  /// The key as the file writes it: `keep_firing_for`.
  public let name: String
  /// The place of its value in the rule, and its type.
  public let value: Value
  /// What a change of the value means for alerts.
  let change: Change
  /// The first version of the changelog's rules that has the key. Older records lack it, and have its default.
  let since: UInt8
  /// Everything that is wrong with the value besides what its type excludes.
  let check: @Sendable (Rule) -> [RuleProblem]

  init(
    _ name: String, _ value: Value, change: Change = .goesOn, since: UInt8 = 1,
    check: @escaping @Sendable (Rule) -> [RuleProblem] = { _ in [] }
  ) {
    self.name = name
    self.value = value
    self.change = change
    self.since = since
    self.check = check
  }

  /// The place and the type of a key's value.
  public enum Value: Sendable {
    /// A text that every rule must set. `wanted` is the advice if the file has a value of another type.
    case text(WritableKeyPath<Rule, String> & Sendable, wanted: String)
    /// The name of a stream; nil if the key is left out.
    case stream
    /// A text; nil if the key is left out.
    case optionalText(WritableKeyPath<Rule, String?> & Sendable)
    /// A duration of at least 0; 0 if the key is left out.
    case duration(WritableKeyPath<Rule, Duration> & Sendable)
    /// A duration of at least 1 ms; nil if the key is left out.
    case optionalDuration(WritableKeyPath<Rule, Duration?> & Sendable)
    /// The limits of a rule whose trouble lies on this side. Every rule has the key of one side.
    case limits(on: Rule.Side)
    /// Limits that may be left out.
    case optionalLimits(WritableKeyPath<Rule, Rule.Limits> & Sendable)
    /// The aggregate of the window; `last` if the key is left out.
    case aggregate
    /// `M of N`; nil if the key is left out.
    case atLeast
    /// What to do about silence; `keep` if the key is left out.
    case noData
    /// Globs by field; none if the key is left out.
    case match
    /// Texts by name; none if the key is left out.
    case labels
  }

  /// What becomes of a rule's alerts if the key's value changes.
  enum Change: Sendable {
    /// They go on; the next record decides by the new value.
    case goesOn
    /// Those that fire are resolved and the rule begins anew, if the function returns false for the old and the new
    /// rule.
    case beginsAnew(unless: @Sendable (Rule, Rule) -> Bool)

    /// The rule begins anew if this part of it changes.
    static func beginsAnew<Part: Equatable & SendableMetatype>(_ part: @escaping @Sendable (Rule) -> Part) -> Change {
      .beginsAnew(unless: { part($0) == part($1) })
    }
  }

  /// Whether a rule without the key is a mistake.
  public var isRequired: Bool {
    if case .text = value { true } else { false }
  }

  /// The key of this name; nil if there is none.
  public static func named(_ name: String) -> RuleKey? { all.first { $0.name == name } }
}
