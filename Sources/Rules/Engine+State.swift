import Records

// How the state of a partition is written to the changelog and restored. `docs/architecture.md` explains why that is
// enough.

extension Engine {
  /// Milliseconds on the monotonic clock, set before each batch: the start of the time that changes wait to be written.
  public var now: Int64 {
    get { state.pointee.now }
    set { state.pointee.now = newValue }
  }

  /// The greatest Kafka time of the partition's records, set before a record is applied; -1 if none. If these are the
  /// producers' times (CreateTime), at most the wall clock's time.
  public var logTime: Int64 {
    get { state.pointee.logTime }
    set { state.pointee.logTime = newValue }
  }

  // MARK: Silence

  /// Declares the series silent of which nothing was read for `no_data_after` until `now`, if their rules use
  /// `no_data`. Call it only while the partition is read to its end, with the time since which it has been held and was
  /// first read to its end: no series is silent because an evaluator was down, lags behind or is new.
  ///
  /// Checks at most `limit` subjects. Returns false if there are more: call it again.
  public func declareSilence(since: Int64, limit: Int, into transitions: inout [Transition]) -> Bool {
    state.pointee.declareSilence(since: since, limit: limit, into: &transitions)
  }

  /// The next time at which a series may be silent, on the clock of `now`; nil if none is watched.
  public var nextSilence: Int64? {
    state.pointee.silence.first == .max ? nil : state.pointee.silence.first
  }

  /// Subjects whose names begin with this prefix have moved to another topic; empty if none have. Such a subject that
  /// falls silent here is forgotten, as by a tombstone.
  public var movedPrefix: [UInt8] {
    get { state.pointee.movedPrefix }
    set { state.pointee.movedPrefix = newValue }
  }

  /// Ends the series of all subjects that have moved to another topic, as by tombstones.
  public func forgetMoved(into transitions: inout [Transition]) { state.pointee.forgetMoved(into: &transitions) }

  // MARK: Writing

  /// The marker of a partition whose next record is at `position`, to be written after everything that
  /// `takeCheckpoints` gave. The caller adds what it knows of the topic.
  public func marker(position: Int64) -> Marker {
    var marker = Marker(position: position, rulesRevision: state.pointee.layout.numbers.revision)
    marker.logTime = logTime
    (marker.lowWater, marker.lowWaterLogTime) = state.pointee.debt.lowWater(position: position, logTime: logTime)
    marker.keylessFrom = keylessFrom
    marker.refusedSince = state.pointee.admission.refusedSince(lowWater: marker.lowWater)
    marker.epoch = state.pointee.epoch
    return marker
  }

  /// The rules in effect, as the changelog stores them. They must be written with the next marker if their revision
  /// isn't the last one written.
  public func storedRules(instance: String) -> StoredRules {
    StoredRules(rules: rules, numbers: state.pointee.layout.numbers, instance: instance)
  }

  /// Whether something must be written in the same delivery as the next position: a change of rules, a subject that is
  /// gone.
  public var hasUrgentState: Bool { state.pointee.debt.isDue }

  /// The number of subjects that changed since they were last written.
  public var unwrittenSubjects: Int { state.pointee.debt.changed.count }

  /// The time of the oldest unwritten change, on the clock of `now`; nil if there is none.
  public var oldestUnwritten: Int64? { state.pointee.debt.changed.first?.since }

  /// Writes the subject of this name with the next delivery. Called for subjects with a transition: a firing alert must
  /// be known even if its records are gone before they can be replayed.
  public func writeSoon(subject: String) {
    var subject = subject
    subject.withUTF8 { state.pointee.writeSoon(UnsafeRawBufferPointer($0)) }
  }

  /// Gives to `sink` everything that must be written now, and the changes that have waited since before `changedBefore`
  /// (on the clock of `now`), those of at most `limit` subjects, oldest first. `position` is the offset of the next
  /// record to apply.
  ///
  /// A value of nil is a tombstone. The bytes are valid during the call. The caller delivers them together with the
  /// next marker; they count as written from now on.
  public func takeCheckpoints(
    position: Int64, changedBefore: Int64, limit: Int, scope: ChangelogScope,
    into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    state.pointee.takeCheckpoints(
      position: position, changedBefore: changedBefore, limit: limit, scope: scope, into: sink)
  }

  /// Gives to `sink` the tombstones of forgotten subjects, to be delivered after the marker: if only the first part of
  /// a delivery succeeds, the replay passes the record that ended them again.
  public func takeForgotten(
    scope: ChangelogScope, into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    state.pointee.takeForgotten(scope: scope, into: sink)
  }

  /// The whole state, as bytes that are equal for engines that will behave equally: for tests and comparisons.
  public func image() -> [UInt8] { state.pointee.image() }

  // MARK: Restoring

  /// An engine under the `stored` rules, whose subjects are still to be restored. `marker` is the partition's.
  public convenience init(
    stored: StoredRules, marker: Marker, topic: String, partition: Int32, room: SubjectRoom = SubjectRoom()
  ) {
    let layout = Layout(stored.rules, groups: stored.numbers.groups, numbers: stored.numbers)
    self.init(layout, topic: topic, partition: partition, Admission(room, marker))
    keylessFrom = marker.keylessFrom
    logTime = marker.lowWaterLogTime
    state.pointee.epoch = marker.epoch
  }

  /// Called when the topic was deleted and created again, and is read from its beginning: series go on, but earlier
  /// offsets have no meaning. Call it before the first record of the new topic; a delivery must follow at once.
  public func beginEpoch() { state.pointee.beginEpoch() }

  /// The greatest offset that a restored checkpoint covers. If checkpoints and marker aren't written atomically, it may
  /// be beyond the marker's position; the replay then lasts until it.
  public var highestCovered: Int64 { state.pointee.coverage.highest }

  /// Restores the checkpoint `value` under `key`, and replaces what was restored of this subject before; nil means that
  /// the subject was deleted. If it can't be used, the subject begins anew, its checkpoint is deleted with the next
  /// delivery, and no other subject is affected.
  ///
  /// - Parameter end: the partition's end. A checkpoint that covers records beyond it can't be used, because a replay
  /// would wait for them. nil if its offsets have no meaning for this log.
  public func restore(
    subject: [UInt8], key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, end: Int64? = nil
  ) throws(ChangelogProblem) {
    try subject.withUnsafeBytes { name in
      Result { () throws(ChangelogProblem) in try state.pointee.restore(name, key: key, value: value, end: end) }
    }.get()
  }

  /// Restores a chunk of samples `value` under `key`; nil means that it was deleted. All chunks come before the first
  /// checkpoint. A chunk that can't be used counts as missing.
  public func restoreChunk(
    subject: [UInt8], track: UInt32, number: UInt64, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(ChangelogProblem) {
    try subject.withUnsafeBytes { name in
      Result { () throws(ChangelogProblem) in
        try state.pointee.restoreChunk(name, track: track, number: number, key: key, value: value)
      }
    }.get()
  }

  /// Applies the record in `reader`, except to restored state that already contains it. Its transitions were made
  /// before if the record is between the low-water mark and the position.
  public func replay(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
    state.pointee.replay(reader, offset: offset, into: &transitions)
  }

  /// The same for a tombstone.
  public func replayForget(
    _ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]
  ) {
    state.pointee.replayForget(reader.subject, offset: offset, into: &transitions)
  }

  /// Called when everything up to the marker's position has been replayed: from now on records are new. Replayed
  /// records aren't counted, and their oddities aren't logged again.
  public func finishReplay(_ marker: Marker) {
    logTime = max(logTime, marker.logTime)
    state.pointee.finishReplay()
  }

  /// Replays any record; tests have records that were never encoded.
  func replay<View: RecordView & ~Copyable>(record: borrowing View, offset: Int64) {
    var made: [Transition] = []
    state.pointee.replay(record, offset: offset, into: &made)
  }
}
