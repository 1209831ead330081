import Records
import Rules

/// Writes the state of partitions into deliveries.
extension Evaluation {
  /// Partitions whose position has moved, or with state that must be written at once.
  package var uncommitted: [LogPosition] {
    partitions.filter { $0.isUncommitted }.map { LogPosition($0.id, $0.position) }
  }

  package var hasUncommitted: Bool { partitions.contains { $0.isUncommitted } }

  /// The number of subjects with changes that no checkpoint has yet.
  var unwrittenSubjects: Int { partitions.reduce(0) { $0 + ($1.isLive ? $1.engine.unwrittenSubjects : 0) } }

  /// Whether checkpoints are due that the last delivery had no room for.
  package var hasOverdueState: Bool {
    let deadline = checkpointDeadline
    return partitions.contains { $0.hasChanges(before: deadline) }
  }

  /// Changes before this time, on the clock, are due.
  private var checkpointDeadline: Int64 { clock - plan.checkpointInterval.wholeMilliseconds }

  /// Writes into `outbox` the state that belongs to its transitions. For each partition concerned: checkpoints that are
  /// due, its rules if the changelog lacks them, and its marker. Returns the positions to commit, unchanged ones
  /// included, because only positions make the group check whose partition it is.
  ///
  /// - Parameter everything: whether all unwritten changes are due.
  package mutating func writeState(into outbox: inout Outbox, everything: Bool) -> [LogPosition] {
    let spoken = outbox.partitions
    let deadline = checkpointDeadline
    var positions: [LogPosition] = []
    var room = plan.checkpointLimit
    for place in partitions.indices where partitions[place].isLive {
      let partition = partitions[place]
      let isDue = partition.hasChanges(before: everything ? .max : deadline)
      guard partition.isUncommitted || isDue || spoken.contains(partition.id) else { continue }
      let before = outbox.count
      outbox.appendCheckpoints(
        of: partition, changedBefore: everything ? .max : deadline,
        limit: room, scope: scope(of: partition.id))
      room = max(0, room - (outbox.count - before))
      writeRules(of: place, into: &outbox)
      writeMarker(of: partition, into: &outbox)
      partition.engine.takeForgotten(scope: scope(of: partition.id)) { outbox.append(state: $0, $1, of: partition.id) }
      positions.append(LogPosition(partition.id, partition.position))
    }
    return positions
  }

  private mutating func writeRules(of place: Int, into outbox: inout Outbox) {
    let partition = partitions[place]
    let stored = partition.engine.storedRules(instance: plan.instance)
    if stored.revision == partition.storedRevision { return }
    partitions[place].storedRevision = stored.revision
    var key = BinaryWriter()
    scope(of: partition.id).writeRulesKey(of: partition.id.number, to: &key)
    outbox.append(stateKeyed: key, of: partition.id) { value, key in stored.write(to: &value, key: key) }
  }

  private func writeMarker(of partition: Partition, into outbox: inout Outbox) {
    var marker = partition.engine.marker(position: partition.position)
    marker.fingerprint = partition.last
    let written = marker
    var key = BinaryWriter()
    scope(of: partition.id).writeMarkerKey(of: partition.id.number, to: &key)
    outbox.append(stateKeyed: key, of: partition.id) { value, key in written.write(to: &value, key: key) }
  }

  /// The next delivery writes the state of the subject.
  mutating func writeSoon(_ subject: String, of id: LogPartition) {
    let place = table.place(of: id)
    if place >= 0 { partitions[place].engine.writeSoon(subject: subject) }
  }

  /// These positions are committed, with everything in their delivery.
  package mutating func committed(_ positions: [LogPosition]) {
    for entry in positions {
      let place = table.place(of: entry.partition)
      if place >= 0 { partitions[place].committed = entry.position }
    }
  }
}

extension Evaluation.Partition {
  /// Whether its position has moved, or state must be written at once.
  fileprivate var isUncommitted: Bool {
    isLive && (position != committed || engine.hasUrgentState)
  }

  /// Whether a change before `time` is unwritten.
  fileprivate func hasChanges(before time: Int64) -> Bool {
    guard isLive, let oldest = engine.oldestUnwritten else { return false }
    return oldest < time
  }
}

extension Outbox {
  /// Adds the due checkpoints of a partition: at most `limit`, besides those that must be written at once.
  fileprivate mutating func appendCheckpoints(
    of partition: Evaluation.Partition, changedBefore: Int64, limit: Int, scope: ChangelogScope
  ) {
    partition.engine.takeCheckpoints(
      position: partition.position, changedBefore: changedBefore, limit: limit, scope: scope
    ) { key, value in append(state: key, value, of: partition.id) }
  }
}
