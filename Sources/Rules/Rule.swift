import Records

/// One `[[rule]]` of the user, with its defaults filled in. `docs/rules.md` defines what each key means.
public struct Rule: Equatable, Sendable {
  /// `[A-Za-z0-9._-]{1,100}`, unique in a rule set: alerts are keyed `name/subject`.
  public var name: String
  /// The field of the record that the rule watches.
  public var metric: String
  /// The stream whose records the rule watches; nil for the status records and readings.
  public var stream: StreamSubject?
  /// The span of event time to aggregate over; nil if each value stands for itself.
  public var window: Duration?
  /// How the values in the window are aggregated.
  public var aggregate: Aggregate
  /// The side of the limits on which trouble lies.
  public var side: Side
  /// The values beyond which a level is raised; at least one of the two is set.
  public var limits: Limits
  /// The values at which a raised level is dropped; those not set are the limits.
  public var clear: Limits
  /// `for`: how long a level must be held before the alert fires.
  public var hold: Duration
  /// How long a level must not be held before the alert falls.
  public var keepFiringFor: Duration
  /// `at_least = "M of N"`, instead of `hold`.
  public var atLeast: AtLeast?
  /// What to do if the series is silent.
  public var noData: NoData
  /// The length of such a silence, and the longest gap that doesn't break timers; nil to follow the producer's own
  /// pace, with a minimum of 60 s.
  public var noDataAfter: Duration?
  /// How often a firing alert is sent again; nil for never.
  public var repeatEvery: Duration?
  /// The records that the rule covers: all of these must match. Empty for every record.
  public var match: [Match]
  /// Copied into each transition, in the order of their names.
  public var labels: [Transition.Label]
  /// The text for people, with `{{…}}` placeholders; nil for none.
  public var summary: String?

  /// The side of the limits on which trouble lies.
  public enum Side: String, Sendable {
    /// A level is raised if the value is greater than its limit.
    case above
    /// A level is raised if the value is less than its limit.
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

    /// The limit of `severity`; nil if there is none.
    public subscript(severity: Severity) -> Double? {
      switch severity {
      case .warning: warning
      case .critical: critical
      }
    }
  }

  /// How the values of a window are aggregated.
  public enum Aggregate: Equatable, Sendable {
    case last, avg, min, max, sum, count, stddev, rate, delta
    /// Nearest-rank percentile, 1 to 99.
    case percentile(Int)
  }

  /// `M of N`: the level counts as held if M of the last N samples held it.
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

  /// What to do if a series is silent.
  public enum NoData: String, BitwiseCopyable, Sendable, CaseIterable {
    /// Nothing: a firing alert keeps firing.
    case keep
    /// A firing alert is resolved.
    case ok
    /// An alert fires.
    case alert
  }

  /// A glob over one of the record's string fields.
  public struct Match: Equatable, Sendable {
    /// The field's name.
    public var field: String
    /// `*` matches any number of characters, `?` exactly one.
    public var glob: String

    /// Covers records whose `field` matches `glob`.
    public init(field: String, glob: String) {
      self.field = field
      self.glob = glob
    }
  }

  /// A rule with the default values of all other keys.
  public init(name: String, metric: String, side: Side, limits: Limits) {
    self.name = name
    self.metric = metric
    self.side = side
    self.limits = limits
    stream = nil
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
