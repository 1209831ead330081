import Platform

/// What a meter watches: one `[[stream]]` of the configuration.
public struct StreamDefinition: Equatable, Sendable {
  /// How a record's value is read.
  public enum Format: String, CaseIterable, Sendable {
    /// A JSON object; fields are those at its top level.
    case json
    /// A text. It has no fields: conditions look at all of it.
    case text
    /// Not at all: records are only counted.
    case none
  }

  /// Topics by name, or by a regular expression.
  public enum Topics: Hashable, Sendable {
    /// This topic.
    case name(String)
    /// All topics whose names match; the expression begins with `^`. It never matches `__*` or a topic of statusd's.
    case pattern(String)
  }

  /// What readings are made for besides the total: one for each value of it.
  public enum Division: Hashable, Sendable {
    /// The text or number of a field.
    case field(String)
    /// The record's key.
    case key
  }

  /// A condition on a record.
  public enum Condition: Hashable, Sendable {
    /// The text is exactly this one.
    case equals(String)
    /// The text contains this one.
    case contains(String)
    /// The text matches a PCRE2 expression, somewhere.
    case matches(String)
    /// The number is greater.
    case above(Double)
    /// The number is less.
    case below(Double)
  }

  /// A number of the reading: how many records meet a condition.
  public struct Count: Hashable, Sendable {
    /// The number's name in the reading.
    public var name: String
    /// The field that the condition looks at; nil for the whole value of a text.
    public var field: String?
    /// The condition.
    public var condition: Condition

    /// Counts records whose `field` meets `condition` as `name`.
    public init(name: String, field: String?, condition: Condition) {
      self.name = name
      self.field = field
      self.condition = condition
    }
  }

  /// A statistic over a numeric field.
  public enum Statistic: String, CaseIterable, Sendable {
    /// Exact; the mean is rounded once.
    case avg
    case min
    case max
    /// Exact, rounded once.
    case sum
  }

  /// Statistics of a numeric field, each a number `FIELD_STATISTIC` of the reading.
  public struct Measure: Hashable, Sendable {
    /// The field.
    public var field: String
    /// In the order of the file, each once.
    public var statistics: [Statistic]

    /// `statistics` of `field`.
    public init(field: String, statistics: [Statistic]) {
      self.field = field
      self.statistics = statistics
    }
  }

  /// A number of the reading: how many values a field has had in the last while.
  public struct Distinct: Hashable, Sendable {
    /// The number's name in the reading.
    public var name: String
    /// The field.
    public var field: String
    /// How far it looks back from the interval's end; a multiple of the interval, and at least one.
    public var over: Duration

    /// The values of `field` within `over`, as `name`.
    public init(name: String, field: String, over: Duration) {
      self.name = name
      self.field = field
      self.over = over
    }
  }

  /// The subject of its readings.
  public var name: String
  /// The topics, at least one.
  public var topics: [Topics]
  /// The length of an interval, 1 s to 1 h, in whole seconds.
  public var interval: Duration
  /// How records are read.
  public var format: Format
  /// The field with a record's own time; nil if it has none. Only for `delay_ms` and `greatestAge`.
  public var time: String?
  /// The field whose text or number says whose a record is; nil if the key does. Only for rules over the records.
  public var subject: String?
  /// Records whose own time is further behind the time at which they count enter neither measures nor distinct counts: they
  /// waited somewhere, and say nothing of now. nil if the age doesn't matter.
  public var greatestAge: Duration?
  /// What divides the readings; nil for the total alone.
  public var division: Division?
  /// Whether records of open and aborted transactions are left out.
  public var readsCommitted: Bool
  /// In the order of the file.
  public var counts: [Count]
  /// In the order of the file.
  public var measures: [Measure]
  /// In the order of the file.
  public var distincts: [Distinct]

  /// A stream of `topics` whose records are only counted, once a second.
  public init(name: String, topics: [Topics]) {
    self.name = name
    self.topics = topics
    interval = .seconds(1)
    format = .json
    readsCommitted = false
    counts = []
    measures = []
    distincts = []
  }
}
