import Forwarding
import Platform

/// What a forwarder asks brokers: how many partitions the topics of transitions have, where they end, and their records.
extension Forwarder {
  package mutating func tend<Log: EvaluatorLog & ~Copyable>(
    _ log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure) {
    if receivers.isEmpty || clock.time == nil {
      if mustFollow, receivers.isEmpty { try follow(&log) }
      return
    }
    if nextTopics.map({ $0 <= now }) ?? true { try countPartitions(&log, until: deadline) }
    guard let partitions, partitions[.alerts] != nil else { return }
    for receiver in receivers where receiver.phase != .isLive { try advance(receiver, &log, until: deadline) }
    if mustFollow { try follow(&log) }
  }

  private mutating func countPartitions<Log: EvaluatorLog & ~Copyable>(
    _ log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) {
    let topics = try log.topics(until: deadline)
    var counts: [ForwardPlace.Source: Int32] = [:]
    for (source, name) in [(ForwardPlace.Source.alerts, orders.alerts), (.current, orders.current)] {
      if let topic = topics.first(where: { $0.name == name }) { counts[source] = Int32(topic.partitions.count) }
    }
    if counts != partitions {
      partitions = counts
      mustFollow = true
    }
    nextTopics = now + Self.topicsPause
  }

  /// The partitions of a topic.
  private mutating func all<Log: EvaluatorLog & ~Copyable>(
    _ source: ForwardPlace.Source, _ log: inout Log
  ) -> [LogPartition] {
    let number = log.number(ofTopic: source == .alerts ? orders.alerts : orders.current, committed: true)
    sources[number] = source
    return (0..<(partitions?[source] ?? 0)).map { LogPartition(topic: number, number: $0) }
  }

  /// The ends of a topic's partitions for readers of committed records; nil if brokers don't tell all of them.
  private mutating func ends<Log: EvaluatorLog & ~Copyable>(
    _ source: ForwardPlace.Source, isStable: Bool, _ log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int32: Int64]? {
    let partitions = all(source, &log)
    if partitions.isEmpty { return [:] }
    let ends =
      isStable
      ? try log.ends(of: partitions, until: deadline) : try log.askHighWatermarks(of: partitions, until: deadline)
    var found: [Int32: Int64] = [:]
    for (partition, end) in zip(partitions, ends) {
      guard let end else { return nil }
      found[partition.number] = end
    }
    return found
  }

  /// Takes a receiver a step nearer to being told of what comes.
  ///
  /// One that begins is told of what fires now, and then of what comes. The end of the transitions is asked for first. Then
  /// all that fires is read, up to an end that was asked for later, open transactions included: so what had been committed
  /// before is complete. Then the transitions up to an end that was asked for after that: of an alert that is among them
  /// they tell more than what fired.
  private mutating func advance<Log: EvaluatorLog & ~Copyable>(
    _ receiver: ForwardedReceiver, _ log: inout Log, until deadline: MonotonicTime
  ) throws(LogFailure) {
    switch receiver.phase {
    case .begins:
      guard let begin = try ends(.alerts, isStable: true, &log, until: deadline),
        let current = try ends(.current, isStable: false, &log, until: deadline)
      else { return }
      var floors: [ReceiverState.Lane: Int64] = [:]
      for (partition, end) in begin { floors[.init(.alerts, partition)] = end }
      for partition in current.keys { floors[.init(.current, partition)] = 0 }
      receiver.queue = ReceiverQueue(receiver.definition, ReceiverState(from: floors))
      receiver.queue.isBeginning = true
      receiver.seen = []
      receiver.phase = .readsCurrent(ends: current)
      mustFollow = true
    case .readsCurrent(let ends):
      guard receiver.hasRead(.current, upTo: ends),
        let alerts = try self.ends(.alerts, isStable: false, &log, until: deadline)
      else { return }
      receiver.phase = .readsAlerts(currentEnds: ends, ends: alerts)
    case .readsAlerts(let currentEnds, let ends):
      guard receiver.hasRead(.alerts, upTo: ends) else { return }
      receiver.queue.endBeginning(currentEnds, seen: receiver.seen)
      receiver.seen = []
      receiver.beginning = receiver.queue.count
      goLive(receiver)
    case .rereadsCurrent(let ends):
      if partitions?[.current] == nil {
        receiver.queue.hasReadCurrent()
        goLive(receiver)
      } else if ends.isEmpty {
        guard let current = try self.ends(.current, isStable: false, &log, until: deadline) else { return }
        receiver.phase = .rereadsCurrent(ends: current)
        mustFollow = true
      } else if receiver.hasRead(.current, upTo: ends) {
        receiver.queue.hasReadCurrent()
        goLive(receiver)
      }
    case .isLive: break
    }
  }

  private mutating func goLive(_ receiver: ForwardedReceiver) {
    receiver.phase = .isLive
    receiver.queue.isBeginning = false
    mustFollow = true
  }

  /// Reads the partitions that receivers need, from the least of their positions on.
  private mutating func follow<Log: EvaluatorLog & ~Copyable>(_ log: inout Log) throws(LogFailure) {
    var readers: [LogPartition: [ForwardedReceiver]] = [:]
    var positions: [LogPartition: Int64] = [:]
    for source in ForwardPlace.Source.allCases {
      for partition in all(source, &log) {
        for receiver in receivers where receiver.reads(source) && !receiver.queue.isFull {
          readers[partition, default: []].append(receiver)
          let position = receiver.queue.positions[.init(source, partition.number), default: 0]
          positions[partition] = min(positions[partition] ?? .max, position)
        }
      }
    }
    try log.follow(
      positions.map { LogPosition($0.key, $0.value) }.sorted { $0.partition < $1.partition })
    followed = readers
    mustFollow = false
  }
}
