import Records

// How the state of a partition gets into the changelog and back: `docs/architecture.md` says why it is enough.

extension Engine {
  /// Milliseconds on the monotonic clock, set before each batch: since when changes wait to be written.
  public var now: Int64 {
    get { state.pointee.now }
    set { state.pointee.now = newValue }
  }

  /// The greatest Kafka time of the partition's records, set before a record is applied; -1: none. Where these are the
  /// producers' (CreateTime), no later than the clock on the wall.
  public var logTime: Int64 {
    get { state.pointee.logTime }
    set { state.pointee.logTime = newValue }
  }

  // MARK: Silence

  /// Says which series are silent as `now` is set: those of rules to which that means something, of which nothing was
  /// read for `no_data_after`. To be called only while the partition is read to its end, with the time since when it is
  /// held and was first read to its end: nobody is silent because an evaluator was away, lags behind or is new.
  ///
  /// At most `limit` subjects are looked at. False: there are more, call again.
  public func declareSilence(since: Int64, limit: Int, into transitions: inout [Transition]) -> Bool {
    state.pointee.declareSilence(since: since, limit: limit, into: &transitions)
  }

  /// When somebody may be silent next, on the clock of `now`; nil: nobody is waited for.
  public var nextSilence: Int64? {
    state.pointee.silence.first == .max ? nil : state.pointee.silence.first
  }

  /// Subjects whose names begin so have moved to another topic; empty: none have. Their silence here means nothing: it
  /// ends them, as a tombstone would.
  public var movedPrefix: [UInt8] {
    get { state.pointee.movedPrefix }
    set { state.pointee.movedPrefix = newValue }
  }

  /// Ends the series of all subjects that have moved to another topic, as tombstones would.
  public func forgetMoved(into transitions: inout [Transition]) { state.pointee.forgetMoved(into: &transitions) }

  // MARK: Writing

  /// The marker of a partition whose next record is at `position`, after everything that `takeCheckpoints` gave. The
  /// caller adds what it knows of the topic.
  public func marker(position: Int64) -> Marker {
    var marker = Marker(position: position, rulesRevision: state.pointee.layout.numbers.revision)
    marker.logTime = logTime
    (marker.lowWater, marker.lowWaterLogTime) = state.pointee.debt.lowWater(position: position, logTime: logTime)
    marker.keylessFrom = keylessFrom
    marker.refusedSince = state.pointee.admission.refusedSince(lowWater: marker.lowWater)
    marker.epoch = state.pointee.epoch
    return marker
  }

  /// The rules in force as the changelog keeps them. Whenever the revision is another than the last one written, they
  /// go along with the next marker.
  public func storedRules(instance: String) -> StoredRules {
    StoredRules(rules: rules, numbers: state.pointee.layout.numbers, instance: instance)
  }

  /// Something must be written in the same delivery as the next position: a change of rules, a subject that is gone.
  public var hasUrgentState: Bool { state.pointee.debt.isDue }

  /// How many subjects changed since they were last written.
  public var unwrittenSubjects: Int { state.pointee.debt.changed.count }

  /// When the change that waits longest was made, on the clock of `now`; nil: nothing waits.
  public var oldestUnwritten: Int64? { state.pointee.debt.changed.first?.since }

  /// The subject of this name is written with the next delivery. For those that made a transition: what fires must be
  /// known also where the records that say so are gone before they could be replayed.
  public func writeSoon(subject: String) {
    var subject = subject
    subject.withUTF8 { state.pointee.writeSoon(UnsafeRawBufferPointer($0)) }
  }

  /// Gives to `sink` what must be written now, and what has waited since before `changedBefore` (on the clock of `now`),
  /// of that at most `limit` subjects, oldest first. `position` is the offset of the next record to be applied.
  ///
  /// A value of nil is a tombstone. The bytes are valid during the call. The caller delivers them together with the
  /// marker that it asks for next; what was given counts as written from now on.
  public func takeCheckpoints(
    position: Int64, changedBefore: Int64, limit: Int, scope: ChangelogScope,
    into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    state.pointee.takeCheckpoints(
      position: position, changedBefore: changedBefore, limit: limit, scope: scope, into: sink)
  }

  /// Gives to `sink` what is to be taken away of subjects that were forgotten, to be delivered behind the marker: where
  /// only the first part of a delivery gets through, the replay comes by the record that ended them once more.
  public func takeForgotten(
    scope: ChangelogScope, into sink: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
  ) {
    state.pointee.takeForgotten(scope: scope, into: sink)
  }

  /// All state, in bytes that are the same for engines which will go on in the same way: for tests, and for whoever
  /// wants to compare.
  public func image() -> [UInt8] { state.pointee.image() }

  // MARK: Restoring

  /// An engine that goes on under `stored` rules, its subjects still to be restored. `marker` is the partition's.
  public convenience init(
    stored: StoredRules, marker: Marker, topic: String, partition: Int32, room: SubjectRoom = SubjectRoom()
  ) {
    let layout = Layout(stored.rules, groups: stored.numbers.groups, numbers: stored.numbers)
    self.init(layout, topic: topic, partition: partition, Admission(room, marker))
    keylessFrom = marker.keylessFrom
    logTime = marker.lowWaterLogTime
    state.pointee.epoch = marker.epoch
  }

  /// The topic was deleted and created again, and is read from its beginning: series go on, but no offset of before
  /// means anything. To be called before the first record of the new topic; a delivery follows at once.
  public func beginEpoch() { state.pointee.beginEpoch() }

  /// The greatest offset that a restored checkpoint covers: where checkpoints and marker aren't written as one, it may
  /// be beyond the marker's position, and the replay lasts until there.
  public var highestCovered: Int64 { state.pointee.coverage.highest }

  /// Takes the checkpoint that stands as `value` under `key`, in place of what was restored of this subject before; nil:
  /// nothing is left of it. Where it can't be used, the subject begins anew, its checkpoint is taken away with the next
  /// delivery, and no other is touched.
  ///
  /// - Parameter end: where the partition ends; a checkpoint that covers records beyond it can't be used, for a replay would
  ///   wait for them. nil: its offsets say nothing of this log.
  public func restore(
    subject: [UInt8], key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, end: Int64? = nil
  ) throws(ChangelogProblem) {
    try subject.withUnsafeBytes { name in
      Result { () throws(ChangelogProblem) in try state.pointee.restore(name, key: key, value: value, end: end) }
    }.get()
  }

  /// Takes a chunk of samples that stands as `value` under `key`; nil: there is none. All chunks come before the first
  /// checkpoint. Where one can't be used, it is missing to the checkpoint that asks for it.
  public func restoreChunk(
    subject: [UInt8], track: UInt32, number: UInt64, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(ChangelogProblem) {
    try subject.withUnsafeBytes { name in
      Result { () throws(ChangelogProblem) in
        try state.pointee.restoreChunk(name, track: track, number: number, key: key, value: value)
      }
    }.get()
  }

  /// Applies the record in `reader` as far as it isn't in the restored state already. What it makes was made before,
  /// where the record is one from the low-water mark to the position.
  public func replay(_ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]) {
    state.pointee.replay(reader, offset: offset, into: &transitions)
  }

  /// The same for one that is a tombstone.
  public func replayForget(
    _ reader: borrowing RecordReader, offset: Int64, into transitions: inout [Transition]
  ) {
    state.pointee.replayForget(reader.subject, offset: offset, into: &transitions)
  }

  /// All is replayed, up to the marker's position: from now on records are applied. What was only met again isn't
  /// counted, nor said a second time.
  public func finishReplay(_ marker: Marker) {
    logTime = max(logTime, marker.logTime)
    state.pointee.finishReplay()
  }

  /// Replays any record; tests have records that were never written down.
  func replay<View: RecordView & ~Copyable>(record: borrowing View, offset: Int64) {
    var made: [Transition] = []
    state.pointee.replay(record, offset: offset, into: &made)
  }
}
