import Records
import Rules

/// What was restored of a partition from the changelog.
struct RestoredPartition {
  /// The engine with the changelog's rules and subjects; if it has no rules, with the current ones and no subjects.
  var engine: Engine
  var marker: Marker?
  /// The marker that the engine was made with; nil if the changelog has no rules.
  var basis: Marker?
  /// The revision of the rules in the changelog; 0 if it has none.
  var storedRevision: UInt32 = 0
  /// The instance that put those rules in force; nil if the changelog has none.
  var storedBy: String?
  /// Whether no rule was in force when its state was written.
  var hadNoRules: Bool { basis != nil && engine.rules.rules.isEmpty }
  /// Records that can't be used.
  var problems: [ChangelogStore.Problem] = []
}

extension Evaluation {
  /// How many unusable records are kept for the log; the others are only counted.
  static let keptProblems = 8

  /// Restores the marker and rules of a partition, without its subjects. A record that can't be used is reported and
  /// affects nothing else.
  mutating func restoreMarker(_ id: LogPartition, from store: borrowing ChangelogStore) -> RestoredPartition {
    let source = sources[id.topic]
    var restored = RestoredPartition(engine: source.makeEngine(partition: id.number, plan))
    if let first = store.firstUnreadable { restored.note(first.problem, at: first.offset) }
    numbers.unusableCheckpoints += Int64(store.unreadableKeys)
    restored.marker = read(store.marker, &restored) { value, key throws(ChangelogProblem) in
      try Marker(value, key: key)
    }
    let stored = read(store.rules, &restored) { value, key throws(ChangelogProblem) in
      try StoredRules(value, key: key)
    }
    if let stored {
      let basis = restored.marker ?? Marker(position: 0, rulesRevision: stored.revision)
      restored.engine = Engine(
        stored: stored, marker: basis, topic: source.topic, partition: id.number, room: source.room(plan))
      restored.storedRevision = stored.revision
      restored.storedBy = stored.instance
      restored.basis = basis
    }
    return restored
  }

  /// Restores the subjects of a partition. Without the rules that they were written under, checkpoints mean nothing and
  /// are deleted.
  ///
  /// - Parameter end: the partition's end; nil if it is another log than the changelog's.
  mutating func restoreSubjects(
    of id: LogPartition, from store: borrowing ChangelogStore, end: Int64?, into restored: inout RestoredPartition
  ) {
    let scope = scope(of: id)
    // Chunks first, because checkpoints refer to them.
    for (key, kept) in store.chunks { restore(key, kept, end, &restored, scope) }
    for (key, kept) in store.checkpoints { restore(key, kept, end, &restored, scope) }
  }

  private mutating func restore(
    _ key: [UInt8], _ kept: ChangelogStore.Kept, _ end: Int64?, _ restored: inout RestoredPartition,
    _ scope: ChangelogScope
  ) {
    let engine = restored.engine
    let isUsable = restored.basis != nil
    do throws(ChangelogProblem) {
      try key.withUnsafeBytes { key in
        kept.value.withUnsafeBytes { value in
          Result { () throws(ChangelogProblem) in
            let usable = isUsable ? value : UnsafeRawBufferPointer(start: nil, count: 0)
            switch try scope.read(key) {
            case .checkpoint(let subject): try engine.restore(subject: subject, key: key, value: usable, end: end)
            case .chunk(let subject, let track, let number):
              try engine.restoreChunk(subject: subject, track: track, number: number, key: key, value: usable)
            case .marker, .rules, .group: break
            }
          }
        }
      }.get()
    } catch {
      numbers.unusableCheckpoints += 1
      restored.note(error, at: kept.offset)
    }
  }

  private mutating func read<Value>(
    _ entry: (key: [UInt8], kept: ChangelogStore.Kept)?, _ restored: inout RestoredPartition,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(ChangelogProblem) -> Value
  ) -> Value? {
    guard let (key, kept) = entry else { return nil }
    let result = kept.value.withUnsafeBytes { value in
      key.withUnsafeBytes { key in Result { () throws(ChangelogProblem) in try body(value, key) } }
    }
    switch result {
    case .success(let value): return value
    case .failure(let problem):
      numbers.unusableCheckpoints += 1
      restored.note(problem, at: kept.offset)
      return nil
    }
  }

  /// Replays a record that was evaluated before the restore.
  mutating func replay(_ record: LogRecord, _ replay: SilentReplay, _ place: Int) {
    replay.position = record.offset + 1
    numbers.replayed += 1
    let kafkaTime = partitions[place].settle(record, wall)
    let clock = Self.clock(of: kafkaTime)
    let count = replay.made.count
    switch replay.reader.read(value: record.value, key: record.key, kafkaTime: kafkaTime, clock: clock) {
    case .record: partitions[place].engine.replay(replay.reader, offset: record.offset, into: &replay.made)
    case .tombstone: partitions[place].engine.replayForget(replay.reader, offset: record.offset, into: &replay.made)
    case .tombstoneWithoutKey, .bad: break
    }
    if record.offset < replay.liveFrom { replay.made.removeLast(replay.made.count - count) }
  }

  /// Ends the replay: from here on the current rules apply, and records are evaluated.
  mutating func finishReplay(_ place: Int) {
    guard case .isReplayed(let replay) = partitions[place].way else { return }
    partitions[place].way = .isLive
    partitions[place].awaitsFirstSince = wall
    transitions += replay.made
    own(partitions[place].id)
    partitions[place].position = max(replay.liveFrom, replay.end)
    let engine = partitions[place].engine
    if let marker = replay.marker { engine.finishReplay(marker) }
    if replay.isAnotherLog { engine.beginEpoch() }
    markKeyless(partitions[place])
    if engine.rules != partitions[place].source.rules { replaceRules(of: partitions[place]) }
    if let ownTopic = plan.ownTopic, ownTopic != partitions[place].id.topic, !partitions[place].source.isOfStream {
      // An earlier version kept these subjects in this topic.
      engine.movedPrefix = Array("statusd@".utf8)
      engine.forgetMoved(into: &transitions)
      own(partitions[place].id)
    }
    live.append(LogPosition(partitions[place].id, partitions[place].position))
  }

  /// The partitions that became live since the last call.
  mutating func takeLive() -> [LogPosition] {
    if live.isEmpty { return [] }
    defer { live = [] }
    return live
  }
}

extension RestoredPartition {
  fileprivate mutating func note(_ problem: ChangelogProblem, at offset: Int64) {
    if problems.count < Evaluation.keptProblems {
      problems.append(ChangelogStore.Problem(problem: problem, offset: offset))
    }
  }
}
