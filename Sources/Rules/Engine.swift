import Platform
import Records

/// The rules' view of one partition: takes its records in log order, and returns transitions.
///
/// Pure: no I/O, no clock, no Kafka; the same records give the same transitions. Owned by one thread. `docs/rules.md`
/// defines what a rule means.
public final class Engine {
  let state: UnsafeMutablePointer<PartitionState>

  /// An engine without state for `partition` of `topic`; `room` limits the number of its subjects.
  public convenience init(rules: RuleSet, topic: String, partition: Int32, room: SubjectRoom = SubjectRoom()) {
    let groups = Layout.groups(of: rules.rules)
    let layout = Layout(rules, groups: groups, numbers: RuleNumbers(groups: groups))
    self.init(layout, topic: topic, partition: partition, Admission(room))
  }

  init(_ layout: Layout, topic: String, partition: Int32, _ admission: consuming Admission) {
    state = .allocate(capacity: 1)
    state.initialize(
      to: PartitionState(layout, topic: topic, partition: partition, admission: admission))
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// From this offset on a record without a key belongs to the subject `HOST#PARTITION`, as it must in topics of
  /// several partitions, which spread such records; nil if there is no such offset. If a topic gets more partitions,
  /// this is set to the position, so that a replay of older records treats them as before.
  public var keylessFrom: Int64? {
    get { state.pointee.keylessFrom == .max ? nil : state.pointee.keylessFrom }
    set { state.pointee.keylessFrom = newValue ?? .max }
  }

  /// The rules in effect.
  public var rules: RuleSet { state.pointee.layout.rules }

  /// Applies the record in `reader`, which must have the rule set's plan and have answered `.record`; `offset` is its
  /// offset. Transitions are appended in the order of the rules. Allocates nothing for a known subject without a
  /// transition.
  public func apply(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
    unretained.apply(reader, offset: offset, into: &transitions)
  }

  /// The engine for a loop that processes a million records a second, and can't count references for each of them.
  /// Valid as long as the engine is retained.
  public struct Unretained: BitwiseCopyable {
    fileprivate let state: UnsafeMutablePointer<PartitionState>

    /// `Engine.apply`
    public func apply(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
      state.pointee.apply(reader, offset: offset, into: &transitions)
    }

    /// Advances `Engine.logTime` to `time`, if that is later. Returns the result.
    public func advance(logTime time: Int64) -> Int64 {
      state.pointee.logTime = max(state.pointee.logTime, time)
      return state.pointee.logTime
    }

    /// Prefetches the memory of the record with this key, which will be applied soon, best four records from now. With
    /// many subjects, waiting for memory is most of a record's cost. Only a hint; the key may be anything.
    public func expect(key: UnsafeRawBufferPointer) { state.pointee.expect(hash: RecordReader.hash(of: key)) }
  }

  /// The engine without its owner.
  public var unretained: Unretained { Unretained(state: state) }

  /// Applies any record; tests have records that were never encoded.
  func apply<View: RecordView & ~Copyable>(
    record: borrowing View, offset: Int64, into transitions: inout [Transition]
  ) {
    state.pointee.apply(record, offset: offset, into: &transitions)
  }

  /// Changes the rules: keeps every life that can go on under them, and appends the transitions that end the others.
  /// From now on records must come from a reader with the new plan.
  public func replaceRules(_ rules: RuleSet, into transitions: inout [Transition]) {
    state.pointee.replaceRules(rules, into: &transitions)
  }

  /// Ends the series of the subject in `reader`, which has answered `.tombstone` for the record at `offset`: firing
  /// alerts are resolved.
  public func forget(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
    forget(subject: reader.subject, offset: offset, into: &transitions)
  }

  /// Ends the series of the subject of this name by the record at `offset`: firing alerts are resolved. Has no effect
  /// for an unknown subject.
  public func forget(subject: UnsafeRawBufferPointer, offset: Int64, into transitions: inout [Transition]) {
    state.pointee.forget(subject, hash: RecordReader.hash(of: subject), offset: offset, into: &transitions)
  }

  /// The counters.
  public var counters: EngineCounters { state.pointee.counters }

  /// For each rule, in their order: the number of records without a finite number in its field.
  public var badRecords: [Int] { state.pointee.remarks.badRecords }

  /// The happenings to log since the last call; at most 64, the rest is counted.
  public func takeHappenings() -> [Happening] { state.pointee.remarks.take() }

  /// The alerts that are firing or pending, in no particular order.
  public func alerts() -> [Alert] { state.pointee.alerts() }
}
