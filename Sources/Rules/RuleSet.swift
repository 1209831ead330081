import Records

/// The rules in effect, prepared once and shared by the engines of all partitions.
public struct RuleSet: Equatable, Sendable {
  /// The rules, in the order of the file.
  public let rules: [Rule]
  /// The fields that a `RecordReader` must read for an engine with these rules.
  public let plan: FieldPlan
  /// The bounds of their state. They are part of what rules mean: a replay under other bounds may have another result.
  public let bounds: Bounds

  /// The bounds of the rules' state.
  public struct Bounds: Equatable, Sendable {
    /// The maximum number of samples in a window, 2 to 1,000,000; beyond it the oldest are dropped.
    public var maxSamples = 10_000

    /// A subject is forgotten if no record of it came for this long, by the log's time.
    public var forgetAfter = Duration.seconds(7 * 86_400)

    /// The defaults of a configuration.
    public init() {}
  }

  /// Prepares `rules`, which watch the records of one topic, and so of one stream or none. They should have no `problems`; a rule that has some is evaluated as far as possible.
  public init(_ rules: [Rule], bounds: Bounds = Bounds()) {
    self.rules = rules
    self.bounds = bounds
    plan = FieldPlan(
      fields: rules.map(\.metric), strings: rules.flatMap { $0.match.map(\.field) }.filter { $0 != "host" },
      form: rules.first?.stream.map { .stream($0) } ?? .status)
  }

  /// Whether two sets have the same rules and bounds.
  public static func == (a: RuleSet, b: RuleSet) -> Bool { a.rules == b.rules && a.bounds == b.bounds }
}
