import Forwarding
import Platform
import Records

/// Partitions of the topic of receivers come and go, and with them their receivers.
extension Forwarder {
  package mutating func begin<Log: EvaluatorLog & ~Copyable>(
    _ restoration: Restoration, in log: inout Log, at time: any TimeSource, until deadline: MonotonicTime,
    _ voice: inout WorkerVoice
  ) throws(LogFailure) -> StageBeginning? {
    let partition = restoration.partition
    let beginning = try enter(restoration, in: &log, until: deadline)
    stored[partition] = states(in: restoration.store, of: partition)
    lastTick = nil
    let known = Set(orders.receivers.map(\.definition.name))
    for name in stored[partition, default: [:]].keys.sorted() where !known.contains(name) {
      remarks.append(.unknown(receiver: name))
    }
    hold(partition)
    return beginning
  }

  /// The states in the changelog. A record that can't be used affects nothing else; without a usable head a receiver
  /// begins anew.
  private mutating func states(
    in store: borrowing ChangelogStore, of partition: LogPartition
  ) -> [String: ReceiverState] {
    var states: [String: ReceiverState] = [:]
    // Heads first: the other records belong to them.
    for isHead in [true, false] {
      for (key, kept) in store.checkpoints {
        let result = key.withUnsafeBytes { key in
          kept.value.withUnsafeBytes { value in
            Result { () throws(ChangelogProblem) in try read(value, key, partition, isHead, &states) }
          }
        }
        if case .failure(let problem) = result {
          numbers.unusableCheckpoints += 1
          remarks.append(.unusable(problem))
        }
      }
    }
    return states
  }

  private func read(
    _ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer, _ partition: LogPartition, _ isHead: Bool,
    _ states: inout [String: ReceiverState]
  ) throws(ChangelogProblem) {
    guard case .checkpoint(let subject) = try scope(of: partition).read(key) else { return }
    switch try subject.withUnsafeBytes({ bytes in
      Result { () throws(ChangelogProblem) in try ForwardKey(bytes) }
    }).get() {
    case .head(let receiver):
      if isHead { states[receiver] = try ReceiverState(head: value, key: key) }
    case .group(let receiver, let group):
      if !isHead { try states[receiver]?.read(group: group, value, key: key) }
    case .alert(let receiver, let alert):
      if !isHead { try states[receiver]?.read(alert: alert, value, key: key) }
    }
  }

  /// Begins to tell the receivers of a partition.
  private mutating func hold(_ partition: LogPartition) {
    for order in orders.receivers where home(of: order.definition.name) == partition {
      let state = stored[partition]?.removeValue(forKey: order.definition.name)
      receivers.append(ForwardedReceiver(order, of: partition, state))
    }
    nextTopics = nil
    mustFollow = true
    mustShow = true
  }

  /// The partition that a receiver belongs to: the hash of its name, modulo their number.
  func home(of name: String) -> LogPartition {
    var identity = Identity()
    identity.append(name)
    return home(identity.finish())
  }

  package mutating func remove(_ partitions: [LogPartition]) {
    for partition in partitions {
      deliveries[partition] = nil
      stored[partition] = nil
    }
    ending.subtract(partitions)
    receivers.removeAll { partitions.contains($0.partition) }
    followed = [:]
    mustFollow = true
    (mustShow, nextShow) = (true, nil)
  }

  package mutating func take(_ orders: ForwardOrders) {
    var before = Dictionary(receivers.map { ($0.definition.name, $0) }) { $1 }
    self.orders = orders
    receivers = []
    for order in orders.receivers {
      let home = home(of: order.definition.name)
      guard deliveries[home] != nil else { continue }
      let old = before.removeValue(forKey: order.definition.name)
      if let old, old.definition == order.definition {
        (old.channel, old.successor) = (order.channel, nil)
        receivers.append(old)
        continue
      }
      if let old, old.queue.underWay != nil {
        // What the receiver is being told must be noted first.
        old.successor = order
        receivers.append(old)
        continue
      }
      let state = old.flatMap { $0.isKnown ? $0.queue.state : nil }
      receivers.append(
        ForwardedReceiver(order, of: home, state ?? stored[home]?.removeValue(forKey: order.definition.name)))
    }
    // Those that go may come back. All that they know is committed: orders are taken when nothing is left to be written.
    for (name, gone) in before where gone.isKnown { stored[gone.partition]?[name] = gone.queue.state }
    followed = [:]
    mustFollow = true
    (mustShow, nextShow) = (true, nil)
  }

  /// Puts those in place that had to wait for what was under way.
  mutating func replaceSettled() {
    for (place, old) in receivers.enumerated() {
      guard let order = old.successor, old.queue.underWay == nil, old.queue.changes.isEmpty else { continue }
      receivers[place] = ForwardedReceiver(order, of: old.partition, old.isKnown ? old.queue.state : nil)
      followed = [:]
      mustFollow = true
    }
  }

  /// Retention has taken transitions that weren't read yet, or the log was made anew: goes on with what is there.
  package mutating func replace<Log: EvaluatorLog & ~Copyable>(
    _ misplaced: LogPosition, in log: inout Log, until deadline: MonotonicTime, _ voice: inout WorkerVoice
  ) throws(LogFailure) {
    guard let source = sources[misplaced.partition.topic] else { return }
    let bounds = try log.bounds(of: misplaced.partition, until: deadline)
    for receiver in receivers where receiver.reads(source) {
      let lane = ReceiverState.Lane(source, misplaced.partition.number)
      let position = receiver.queue.positions[lane, default: 0]
      if position < bounds.lowerBound {
        receiver.queue.pass(lane, to: bounds.lowerBound)
        if source == .alerts {
          remarks.append(.lost(receiver: receiver.definition.name, bounds.lowerBound - position))
        }
      }
    }
    mustFollow = true
  }
}
