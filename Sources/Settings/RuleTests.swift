import Platform
import Records
import Rules

/// Unit tests of rules, as a file holds them. `docs/rule-tests.md` explains each key.
public struct RuleTests: Equatable, Sendable {
  /// One test: series of samples, and the transitions that they shall make.
  public struct Test: Equatable, Sendable {
    /// What it shows, a sentence.
    public var name: String
    /// Where it stands in the file.
    public var position: Complaint.Position
    /// The settings whose rules it tests, those it doesn't name left out.
    public var settings: Settings
    /// From one sample to the next.
    public var interval: Duration
    /// The event time of the first sample.
    public var start: WallTime
    /// The samples.
    public var series: [Series]
    /// What shall come of them, and nothing else.
    public var expected: [Expectation]
  }

  /// The samples of one host.
  public struct Series: Equatable, Sendable {
    /// Whose they are.
    public var host: String
    /// Texts that stand in each of its records.
    public var fields: [Transition.Label]
    /// Its metrics.
    public var values: [Values]
  }

  /// The samples of one metric of one host.
  public struct Values: Equatable, Sendable {
    /// The metric's name.
    public var metric: String
    /// One value for each step; nil: none came.
    public var samples: [Double?]
  }

  /// A transition that shall come. What is nil isn't compared.
  public struct Expectation: Equatable, Sendable {
    /// Where it stands in the file.
    public var position: Complaint.Position
    /// When, from the first sample on.
    public var at: Duration
    /// Of which rule.
    public var rule: String
    /// Of which host.
    public var host: String
    /// What the alert becomes.
    public var status: Transition.Status
    /// With which severity.
    public var severity: Severity?
    /// With which value.
    public var value: Double?
    /// Since when, from the first sample on.
    public var since: Duration?
    /// What the alert was.
    public var previous: Transition.Previous?
    /// Why.
    public var reason: Transition.Reason?
    /// Which reminder.
    public var `repeat`: Int64?
    /// The text for people.
    public var summary: String?
  }

  /// The file as it was named.
  public var file: String
  /// The tests, in the order of the file.
  public var tests: [Test]

  /// What came of reading a file of tests.
  public struct Loaded: Sendable {
    /// The tests; nil where there is a mistake among the complaints.
    public var tests: RuleTests?
    /// Everything that is wrong or questionable with the file, and with the configuration that it names.
    public var complaints: [Complaint]
  }

  /// Steps of a test at most.
  public static let greatestLength = 1_000_000
}
