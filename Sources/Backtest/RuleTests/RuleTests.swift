import Settings
import Platform
import Records
import Rules

/// The unit tests of rules in a test file. `docs/rule-tests.md` explains each key.
public struct RuleTests: Equatable, Sendable {
  /// One test: series of samples, and the expected transitions.
  public struct Test: Equatable, Sendable {
    /// What it shows, a sentence.
    public var name: String
    /// Its place in the file.
    public var position: Complaint.Position
    /// The settings with the rules that it tests.
    public var settings: Settings
    /// The time between two samples.
    public var interval: Duration
    /// The event time of the first sample.
    public var start: WallTime
    /// The samples.
    public var series: [Series]
    /// All transitions that must come.
    public var expected: [Expectation]
  }

  /// The samples of one host, or of one subject of a stream.
  public struct Series: Equatable, Sendable {
    /// The stream that the records belong to; nil for status records.
    public var stream: String?
    /// The host's name.
    public var host: String
    /// String fields of each of its records.
    public var fields: [Transition.Label]
    /// Its metrics.
    public var values: [Values]
  }

  /// The samples of one metric of one host.
  public struct Values: Equatable, Sendable {
    /// The metric's name.
    public var metric: String
    /// One value for each step; nil if there is no sample.
    public var samples: [Double?]
  }

  /// An expected transition. Parts that are nil aren't compared.
  public struct Expectation: Equatable, Sendable {
    /// Its place in the file.
    public var position: Complaint.Position
    /// Its event time since the first sample.
    public var at: Duration
    /// The rule's name.
    public var rule: String
    /// The host's name.
    public var host: String
    /// The new status of the alert.
    public var status: Transition.Status
    /// The severity.
    public var severity: Severity?
    /// The value.
    public var value: Double?
    /// The transition's `since`, since the first sample.
    public var since: Duration?
    /// The status before.
    public var previous: Transition.Previous?
    /// The reason.
    public var reason: Transition.Reason?
    /// The number of the reminder.
    public var `repeat`: Int64?
    /// The text for people.
    public var summary: String?
  }

  /// The file's path as it was given.
  public var file: String
  /// The tests, in the order of the file.
  public var tests: [Test]

  /// The result of reading a test file.
  public struct Loaded: Sendable {
    /// The tests; nil if there is a mistake among the complaints.
    public var tests: RuleTests?
    /// The complaints about the file, and about the configuration that it names.
    public var complaints: [Complaint]
  }

  /// The maximum number of steps of a test.
  public static let greatestLength = 1_000_000
}
