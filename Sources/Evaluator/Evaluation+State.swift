import Records
import Rules

/// How the state of partitions gets into deliveries.
extension Evaluation {
  /// Partitions whose position moved, or of which something must be said at once.
  package var uncommitted: [LogPosition] {
    partitions.filter { $0.isUncommitted }.map { LogPosition($0.id, $0.position) }
  }

  package var hasUncommitted: Bool { partitions.contains { $0.isUncommitted } }

  /// Subjects whose changes aren't written down yet.
  var unwrittenSubjects: Int { partitions.reduce(0) { $0 + ($1.isLive ? $1.engine.unwrittenSubjects : 0) } }

  /// Whether checkpoints are due that the last delivery had no room for.
  package var hasOverdueState: Bool {
    let deadline = checkpointDeadline
    return partitions.contains { $0.hasChanges(before: deadline) }
  }

  /// What changed before this, on the clock, is written down.
  private var checkpointDeadline: Int64 { clock - plan.checkpointInterval.wholeMilliseconds }

  /// Writes into `outbox` what goes along with its transitions: for each partition that anything is said of, checkpoints
  /// that are due, its rules where the changelog hasn't these, and its marker. Gives the positions to be committed with
  /// them: of unchanged ones, too, because only positions make the group look whose partition it is.
  ///
  /// - Parameter everything: all that isn't written down yet is due.
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

  /// The state of a subject goes along with the next delivery.
  mutating func writeSoon(_ subject: String, of id: LogPartition) {
    let place = table.place(of: id)
    if place >= 0 { partitions[place].engine.writeSoon(subject: subject) }
  }

  /// These positions are committed, with everything that went along.
  package mutating func committed(_ positions: [LogPosition]) {
    for entry in positions {
      let place = table.place(of: entry.partition)
      if place >= 0 { partitions[place].committed = entry.position }
    }
  }
}

extension Evaluation.Partition {
  /// Its position moved, or something of it must be said at once.
  fileprivate var isUncommitted: Bool {
    isLive && (position != committed || engine.hasUrgentState)
  }

  /// Whether something that changed before `time` isn't written down.
  fileprivate func hasChanges(before time: Int64) -> Bool {
    guard isLive, let oldest = engine.oldestUnwritten else { return false }
    return oldest < time
  }
}

extension Outbox {
  /// Adds the checkpoints of a partition that are due, `limit` at most beside those that must go at once.
  fileprivate mutating func appendCheckpoints(
    of partition: Evaluation.Partition, changedBefore: Int64, limit: Int, scope: ChangelogScope
  ) {
    partition.engine.takeCheckpoints(
      position: partition.position, changedBefore: changedBefore, limit: limit, scope: scope
    ) { key, value in append(state: key, value, of: partition.id) }
  }
}
