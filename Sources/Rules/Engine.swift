import Platform
import Records

/// The rules' view of one partition: takes its records in log order, and says what changes.
///
/// Pure: no I/O, no clock, no Kafka; the same records give the same transitions. Owned by one thread.
/// `docs/rules.md` says what a rule means, to the record.
public final class Engine {
  let state: UnsafeMutablePointer<PartitionState>

  /// An engine without state for `partition` of `topic`, whose subjects take their places in `room`.
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

  /// From this offset on a record without a key belongs to the subject `HOST#PARTITION`: so it must be in topics of
  /// several partitions, where such records are spread. nil: nowhere. A topic that grows sets it to the position, and a
  /// replay of older records then does what was done.
  public var keylessFrom: Int64? {
    get { state.pointee.keylessFrom == .max ? nil : state.pointee.keylessFrom }
    set { state.pointee.keylessFrom = newValue ?? .max }
  }

  /// The rules in force.
  public var rules: RuleSet { state.pointee.layout.rules }

  /// Applies the record in `reader`, which must have the rule set's plan and have answered `.record`; `offset` is
  /// where it stands. Transitions are appended in the order of the rules. Allocates nothing for a record of a subject
  /// that is known and makes no transition.
  public func apply(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
    unretained.apply(reader, offset: offset, into: &transitions)
  }

  /// The engine for a loop that takes a million records a second, and can't count references for each of them. Valid as
  /// long as somebody keeps the engine.
  public struct Unretained: BitwiseCopyable {
    fileprivate let state: UnsafeMutablePointer<PartitionState>

    /// `Engine.apply`
    public func apply(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
      state.pointee.apply(reader, offset: offset, into: &transitions)
    }

    /// `Engine.logTime` goes on to `time`, where that is later; what it is then.
    public func advance(logTime time: Int64) -> Int64 {
      state.pointee.logTime = max(state.pointee.logTime, time)
      return state.pointee.logTime
    }

    /// A record with this key will be applied soon, best four records from now: what it will touch is fetched ahead
    /// into the cache. With many subjects, waiting for memory is most of what a record costs. A hint without effect on
    /// what happens; the key may be anything.
    public func expect(key: UnsafeRawBufferPointer) { state.pointee.expect(hash: RecordReader.hash(of: key)) }
  }

  /// The engine without its owner.
  public var unretained: Unretained { Unretained(state: state) }

  /// Applies any record; tests have records that were never written down.
  func apply<View: RecordView & ~Copyable>(
    record: borrowing View, offset: Int64, into transitions: inout [Transition]
  ) {
    state.pointee.apply(record, offset: offset, into: &transitions)
  }

  /// Goes on with other rules: appends the end of what can't go on under them, keeps every life that can. From now on
  /// records must come from a reader with the new plan.
  public func replaceRules(_ rules: RuleSet, into transitions: inout [Transition]) {
    state.pointee.replaceRules(rules, into: &transitions)
  }

  /// Ends the series of the subject in `reader`, which has answered `.tombstone` for the record at `offset`: what fires
  /// is resolved.
  public func forget(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
    forget(subject: reader.subject, offset: offset, into: &transitions)
  }

  /// Ends the series of the subject of this name by the record at `offset`: what fires is resolved. A subject that isn't
  /// known has none.
  public func forget(subject: UnsafeRawBufferPointer, offset: Int64, into transitions: inout [Transition]) {
    state.pointee.forget(subject, hash: RecordReader.hash(of: subject), offset: offset, into: &transitions)
  }

  /// What has been counted so far.
  public var counters: EngineCounters { state.pointee.counters }

  /// For each rule, in their order: how many records had something else than a finite number where it looked.
  public var badRecords: [Int] { state.pointee.remarks.badRecords }

  /// What the log should say since the last call; at most 64, the rest is counted.
  public func takeHappenings() -> [Happening] { state.pointee.remarks.take() }

  /// What fires or is pending now, in no particular order.
  public func alerts() -> [Alert] { state.pointee.alerts() }
}
