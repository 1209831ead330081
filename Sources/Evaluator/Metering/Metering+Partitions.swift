import Platform
import Records
import Streams

/// Partitions of the topic of streams come and go, and with them their streams.
extension Metering {
  package mutating func begin<Log: EvaluatorLog & ~Copyable>(
    _ restoration: Restoration, in log: inout Log, at time: any TimeSource, until deadline: MonotonicTime,
    _ voice: inout WorkerVoice
  ) throws(LogFailure) -> StageBeginning? {
    let partition = restoration.partition
    let beginning = try enter(restoration, in: &log, until: deadline)
    var states: [String: StreamState] = [:]
    let scope = scope(of: partition)
    for (key, kept) in restoration.store.checkpoints {
      key.withUnsafeBytes { key in
        kept.value.withUnsafeBytes { value in
          guard case .checkpoint(let subject)? = try? scope.read(key) else { return }
          let name = String(decoding: subject, as: UTF8.self)
          do throws(ChangelogProblem) {
            states[name] = try StreamState(value, key: key)
          } catch {
            numbers.unusableCheckpoints += 1
            remarks.append(.unusable(stream: name, error))
          }
        }
      }
    }
    stored[partition] = states
    restoreGroups(restoration.store.groups, of: partition)
    tickSoon()
    hold(partition)
    let known = Set(orders.definitions.map(\.name))
    for name in states.keys.sorted() where !known.contains(name) { remarks.append(.unknownStream(name)) }
    return beginning
  }

  /// Begins to meter the streams of a partition.
  private mutating func hold(_ partition: LogPartition) {
    for definition in orders.definitions where home(of: definition.name) == partition {
      do {
        streams.append(
          try MeteredStream(definition, of: partition, state: stored[partition]?[definition.name]))
      } catch {
        remarks.append(.badExpression(stream: definition.name, error.message))
      }
    }
    settleLag()
    nextTopics = nil
    // Before anything is read: what is there already may have no times that can be true.
    nextEnds = nil
    mustFollow = true
  }

  /// The partition that a stream belongs to: the hash of its name, modulo their number.
  func home(of name: String) -> LogPartition { home(lastingHash(name)) }

  package mutating func remove(_ partitions: [LogPartition]) {
    for partition in partitions {
      deliveries[partition] = nil
      stored[partition] = nil
    }
    streams.removeAll { partitions.contains($0.partition) }
    forgetGroups(with: partitions)
    subscribe([])
    mustFollow = true
  }

  package mutating func take(_ orders: StreamOrders) {
    let before = Dictionary(streams.map { ($0.definition.name, $0) }) { $1 }
    self.orders = orders
    settleLag()
    streams = []
    for definition in orders.definitions {
      let home = home(of: definition.name)
      guard deliveries[home] != nil else { continue }
      if let same = before[definition.name], same.definition == definition {
        streams.append(same)
        continue
      }
      // Another definition takes over behind the last interval that was told.
      let state = before[definition.name]?.stateIfBegun ?? stored[home]?[definition.name]
      do {
        let stream = try MeteredStream(definition, of: home, state: state)
        stream.mustWrite = state != nil
        streams.append(stream)
      } catch {
        remarks.append(.badExpression(stream: definition.name, error.message))
      }
    }
    subscribe([])
    nextTopics = nil
    mustFollow = true
  }

  /// The worker didn't listen: partitions have had no chance to answer.
  package mutating func wasAway(from partition: LogPartition?) {
    if partition != nil { return }
    for stream in streams { (stream.unanswered, stream.stuck) = ([:], [:]) }
  }

  /// Retention has taken records that weren't read yet, or the log was made anew: counts what is lost, and goes on with
  /// what is there.
  package mutating func replace<Log: EvaluatorLog & ~Copyable>(
    _ misplaced: LogPosition, in log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure) {
    let bounds = try log.bounds(of: misplaced.partition, until: deadline)
    for (stream, lane) in lanes(of: misplaced.partition) {
      let partition = stream.meter.positions[lane].partition
      if misplaced.position < bounds.lowerBound {
        let lost = stream.meter.lose(lane: lane, upTo: bounds.lowerBound)
        if lost > 0 { remarks.append(.lost(stream: stream.definition.name, partition, lost)) }
      } else {
        stream.meter.restart(lane: lane, at: bounds.lowerBound)
        stream.mustWrite = true
      }
    }
    mustFollow = true
  }
}

extension MeteredStream {
  /// Where a successor goes on; nil if it hasn't begun.
  var stateIfBegun: StreamState? { way == .begins ? nil : meter.state }
}
