import Records

/// What the user wrote in one `[[rule]]`, with its defaults filled in. `docs/rules.md` says what each key means.
public struct Rule: Equatable, Sendable {
  /// `[A-Za-z0-9._-]{1,100}`, unique in a rule set: alerts are keyed `name/subject`.
  public var name: String
  /// The field of the record that the rule watches.
  public var metric: String
  /// Aggregate over this much event time; nil: each value by itself.
  public var window: Duration?
  /// How the values in the window become one.
  public var aggregate: Aggregate
  /// On which side of the limits trouble lies.
  public var side: Side
  /// Beyond which value a level is raised; at least one of the two is there.
  public var limits: Limits
  /// Up to which value a raised level is kept; absent: the limit itself.
  public var clear: Limits
  /// `for`: how long a level must be held before it fires.
  public var hold: Duration
  /// How long a level must be unheld before it falls.
  public var keepFiringFor: Duration
  /// `at_least = "M of N"`, instead of `hold`.
  public var atLeast: AtLeast?
  /// What silence of the series means.
  public var noData: NoData
  /// After how much silence; nil: as long as the producer's own pace makes plausible, 60 s at least.
  public var noDataAfter: Duration?
  /// How often an alert that goes on firing is said again; nil: never.
  public var repeatEvery: Duration?
  /// Which records the rule covers: all of these must match; empty: every record.
  public var match: [Match]
  /// Copied into each transition, in the order of their names.
  public var labels: [Transition.Label]
  /// The text for people, with `{{…}}` places; nil: none.
  public var summary: String?

  /// On which side of the limits trouble lies.
  public enum Side: String, Sendable {
    /// A level holds where the value is greater than its limit.
    case above
    /// A level holds where the value is less than its limit.
    case below
  }

  /// One value for each severity that the rule has.
  public struct Limits: Equatable, Sendable {
    /// For warning.
    public var warning: Double?
    /// For critical.
    public var critical: Double?

    /// A limit for each severity given.
    public init(warning: Double? = nil, critical: Double? = nil) {
      self.warning = warning
      self.critical = critical
    }

    /// The limit of `severity`, where there is one.
    public subscript(severity: Severity) -> Double? {
      switch severity {
      case .warning: warning
      case .critical: critical
      }
    }
  }

  /// How the values of a window become one.
  public enum Aggregate: Equatable, Sendable {
    case last, avg, min, max, sum, count, stddev, rate, delta
    /// Nearest-rank percentile, 1 to 99.
    case percentile(Int)
  }

  /// `M of N`: the level counts as held when M of the last N samples held it.
  public struct AtLeast: Equatable, Sendable {
    /// M.
    public var count: Int
    /// N.
    public var of: Int

    /// `count of of`.
    public init(count: Int, of: Int) {
      self.count = count
      self.of = of
    }
  }

  /// What silence of a series means.
  public enum NoData: String, BitwiseCopyable, Sendable, CaseIterable {
    /// Nothing: what fires keeps firing.
    case keep
    /// What fires is resolved.
    case ok
    /// It is an alert itself.
    case alert
  }

  /// A glob over one of the record's string fields.
  public struct Match: Equatable, Sendable {
    /// The field's name.
    public var field: String
    /// `*` stands for any run of characters, `?` for one.
    public var glob: String

    /// Covers records whose `field` matches `glob`.
    public init(field: String, glob: String) {
      self.field = field
      self.glob = glob
    }
  }

  /// A rule with the defaults of a file that names nothing else.
  public init(name: String, metric: String, side: Side, limits: Limits) {
    self.name = name
    self.metric = metric
    self.side = side
    self.limits = limits
    window = nil
    aggregate = .last
    clear = Limits()
    hold = .zero
    keepFiringFor = .zero
    atLeast = nil
    noData = .keep
    noDataAfter = nil
    repeatEvery = nil
    match = []
    labels = []
    summary = nil
  }
}
