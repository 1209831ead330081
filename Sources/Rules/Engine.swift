import Records

/// The rules' view of one partition: takes its records in log order, and says what changes.
///
/// Pure: no I/O, no clock, no Kafka; the same records give the same transitions. Owned by one thread.
public final class Engine {
  /// A record without a key belongs to the subject `HOST#PARTITION`: so it must be in topics of several partitions,
  /// where such records are spread. May change while the topic grows.
  public var marksKeyless: Bool

  /// An engine without state for `partition` of `topic`.
  public init(rules: RuleSet, topic: String, partition: Int32, marksKeyless: Bool = false) {
    self.marksKeyless = marksKeyless
  }

  /// Applies the record in `reader`, which must have the rule set's plan and have answered `.record`; `offset` is
  /// where it stands. Transitions are appended in the order of the rules.
  public func apply(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {}

  /// Goes on with other rules: resolves what can't go on under them, keeps every life that can.
  public func replaceRules(_ rules: RuleSet, into transitions: inout [Transition]) {}

  /// Ends the series of the subject in `reader`, which has answered `.tombstone`: what fires is resolved.
  public func forget(_ reader: borrowing RecordReader, into transitions: inout [Transition]) {}

  /// What has been counted so far.
  public var counters: EngineCounters { EngineCounters() }

  /// For each rule, in their order: how many records had something else than a finite number where it looked.
  public var badRecords: [Int] { [] }

  /// What the log should say since the last call; at most 64, the rest is counted.
  public func takeHappenings() -> [Happening] { [] }

  /// What fires or is pending now, in no particular order.
  public func alerts() -> [Alert] { [] }
}
