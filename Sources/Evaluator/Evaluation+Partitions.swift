import Platform
import Records
import Rules

/// Which partitions are held.
extension Evaluation {
  /// Holds a partition from now on, with its restored state, at the position that the start gives.
  mutating func add(_ id: LogPartition, _ restored: inout RestoredPartition, _ start: StartPosition) {
    remove([id])
    let engine = restored.engine
    engine.now = clock
    let source = sources[id.topic]
    let end = max(start.replayEnd, start.isAnotherLog ? 0 : engine.highestCovered)
    let replay = SilentReplay(
      from: start.replayStart, to: end, liveFrom: start.position,
      marker: restored.basis, isAnotherLog: start.isAnotherLog, plan: engine.rules.plan,
      maxFuture: plan.maxFuture.wholeMilliseconds)
    var partition = Partition(
      id: id, source: source, reader: source.reader, engine: engine, applying: engine.unretained,
      way: .isReplayed(replay), position: start.position, committed: nil,
      last: start.isAnotherLog ? nil : restored.marker?.fingerprint)
    partition.storedRevision = restored.storedRevision
    partitions.append(partition)
    table.rebuild(partitions.map(\.id))
    if start.replayStart >= end { finishReplay(partitions.count - 1) }
  }

  /// Holds a partition from `position` on, with empty state.
  mutating func add(_ id: LogPartition, at position: Int64) {
    var restored = RestoredPartition(engine: sources[id.topic].makeEngine(partition: id.number, plan))
    add(id, &restored, StartPosition(position: position))
  }

  /// Holds these partitions no longer.
  package mutating func remove(_ ids: [LogPartition]) {
    for partition in partitions where ids.contains(partition.id) {
      numbers.add(partition.engine.counters)
      numbers.badForRule += partition.engine.badForRules
    }
    partitions.removeAll { ids.contains($0.id) }
    table.rebuild(partitions.map(\.id))
  }

  /// The last evaluated record of a partition; nil if there is none.
  mutating func lastRecord(of id: LogPartition) -> Marker.Fingerprint? {
    let place = table.place(of: id)
    return place >= 0 ? partitions[place].last : nil
  }

  /// The partitions that are held.
  package var held: [LogPartition] { partitions.map(\.id) }

  /// This group's keys in the changelog for the topic of a partition.
  package func scope(of id: LogPartition) -> ChangelogScope { sources[id.topic].scope }

  /// Sets how many partitions a source topic has. In one of several, a record without a key belongs to the subject
  /// `HOST#PARTITION`, because state is per partition and such a record may be in any of them. If a topic grows, this
  /// holds from the next record on.
  mutating func setPartitionCount(_ count: Int32, ofTopic topic: Int) {
    if let before = sources[topic].count(partitions: count), sources[topic].isOfStream {
      grown = (topic, before, count)
    }
    for partition in partitions where partition.id.topic == topic && partition.isLive {
      markKeyless(partition)
    }
  }

  func markKeyless(_ partition: Partition) {
    if partition.source.partitionCount > 1, partition.engine.keylessFrom == nil {
      partition.engine.keylessFrom = partition.position
    }
  }

  /// Moves a held partition to `position`, which isn't below its own: records from there on are evaluated.
  mutating func advance(_ id: LogPartition, to position: Int64) { receiveEnd(of: id, position: position) }

  /// A held partition has another log from now on, which begins at `position`. Firing alerts keep firing.
  mutating func beginAnew(_ id: LogPartition, at position: Int64) {
    let place = table.place(of: id)
    guard place >= 0 else { return }
    // The records that were still to be replayed are gone.
    if !partitions[place].isLive { finishReplay(place) }
    partitions[place].position = position
    partitions[place].askedEnd = nil
    partitions[place].committed = nil
    partitions[place].last = nil
    partitions[place].engine.beginEpoch()
  }

  /// Sets the clock for what is done next.
  mutating func setClock(_ now: MonotonicTime) {
    clock = now.nanoseconds / 1_000_000
    for partition in partitions { partition.engine.now = clock }
  }

  // MARK: Rules

  /// `rules` apply from the next record on, in every partition at once; in a partition that is still replayed, from its
  /// position on.
  mutating func replaceRules(_ rules: SourceRules) {
    for source in sources { source.replaceRules(rules[source.topic]) }
    for partition in partitions where partition.isLive { replaceRules(of: partition) }
  }

  /// The source's rules apply in this partition.
  mutating func replaceRules(of partition: Partition) {
    let engine = partition.engine
    let counted = engine.badForRules
    engine.replaceRules(partition.source.rules, into: &transitions)
    own(partition.id)
    // What was counted for a removed rule stays counted.
    numbers.badForRule += counted - engine.badForRules
  }

  // MARK: Numbers

  /// The engines' remarks for people since the last call.
  func takeHappenings() -> [(partition: LogPartition, happening: Happening)] {
    var taken: [(partition: LogPartition, happening: Happening)] = []
    for partition in partitions where partition.isLive {
      for happening in partition.engine.takeHappenings() { taken.append((partition.id, happening)) }
    }
    return taken
  }

  /// The number of offsets still to be evaluated in all held partitions; nil if none is held, or if a high watermark
  /// isn't known yet.
  package func lag<Log: EvaluatorLog & ~Copyable>(in log: inout Log) -> Int64? {
    if partitions.isEmpty { return nil }
    var lag: Int64 = 0
    for partition in partitions {
      guard let end = log.highWatermark(of: partition.id) else { return nil }
      lag += max(0, end - partition.nextOffset)
    }
    return lag
  }

  /// All counters, including the engines'.
  package var totals: EvaluatorNumbers {
    var totals = numbers
    for partition in partitions {
      let counters = partition.engine.counters
      totals.add(counters)
      totals.badForRule += partition.engine.badForRules
      totals.firing += Int64(counters.firing)
      totals.pending += Int64(counters.pending)
      totals.subjects += Int64(counters.subjects)
    }
    totals.partitions = Int64(partitions.count)
    return totals
  }
}

extension EvaluatorNumbers {
  /// Adds an engine's counters, without what it holds now (firing, pending, subjects).
  fileprivate mutating func add(_ counters: EngineCounters) {
    late += Int64(counters.late)
    repeated += Int64(counters.repeated)
    clocksSetBack += Int64(counters.clockSetBack)
    subjectsRefused += Int64(counters.refused)
    sequencesSetBack += Int64(counters.numbersFell)
    subjectsShared += Int64(counters.sharedNames)
    samplesDropped += Int64(counters.samplesDropped)
  }
}

extension Engine {
  /// Records in which a rule found no finite number, over all rules.
  var badForRules: Int64 { Int64(badRecords.reduce(0, +)) }
}
