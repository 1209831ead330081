internal import Crdkafka
import Platform

extension Consumer {
  /// Whether a rebalance waits for its answer.
  public var awaitsAnswer: Bool { pending != nil }

  /// Answers `.assigned`: reads the partitions from these offsets on (`.stored`: what the group has committed).
  ///
  /// What the event names and this doesn't belongs to us all the same: it is read from once `takeAgain` says where.
  public mutating func take(_ partitions: [PartitionOffset]) throws(KafkaError) {
    guard let rebalance = pending, rebalance.isAssignment else {
      throw KafkaError(code: .state, message: "no assignment waits for an answer")
    }
    pending = nil
    forward(partitions.map(\.partition))
    let list = PartitionList(partitions)
    if isCooperative {
      if let error = KafkaError(consuming: rd_kafka_incremental_assign(client.handle, list.pointer)) { throw error }
    } else {
      drop(table.held)
      try KafkaError.check(rd_kafka_assign(client.handle, list.pointer))
    }
    let kept = table.held
    table.hold(partitions)
    settle(partitions.map(\.partition))
    try restorePositions(of: kept)
  }

  /// Answers `.revoked`: the partitions may go to others.
  public mutating func giveBack() throws(KafkaError) {
    guard let rebalance = pending, !rebalance.isAssignment else {
      throw KafkaError(code: .state, message: "no revocation waits for an answer")
    }
    pending = nil
    if isCooperative {
      // Only what is read; the rest was never begun.
      let list = PartitionList(table.held.filter(rebalance.partitions.contains))
      let error = KafkaError(consuming: rd_kafka_incremental_unassign(client.handle, list.pointer))
      drop(rebalance.partitions)
      if let error { throw error }
      try restorePositions(of: table.held)
    } else {
      drop(table.held)
      try KafkaError.check(rd_kafka_assign(client.handle, nil))
    }
  }

  /// Reads these partitions, and no others, from these offsets on; without a group.
  public mutating func assign(_ partitions: [PartitionOffset]) throws(KafkaError) {
    drop(table.held)
    forward(partitions.map(\.partition))
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_assign(client.handle, partitions.isEmpty ? nil : list.pointer))
    table.hold(partitions)
    settle(partitions.map(\.partition))
  }

  /// Goes on at these offsets in partitions that are held; what was fetched and not read yet is thrown away.
  ///
  /// - Parameter limit: how long to wait for librdkafka to have done it, no broker is asked.
  /// - Throws: `.timedOut`, or `.state` for a partition whose reading hasn't begun or has ended; then `takeAgain`.
  public mutating func seek(_ partitions: [PartitionOffset], within limit: Duration = .seconds(5)) throws(KafkaError) {
    if partitions.isEmpty { return }
    let list = PartitionList(partitions)
    // 2.0.2 takes the milliseconds for microseconds.
    let scale: Int32 = rd_kafka_version() < 0x0201_00ff ? 1000 : 1
    let milliseconds = min(limit.rdkafkaMilliseconds, 600_000)
    if let error = KafkaError(consuming: rd_kafka_seek_partitions(client.handle, list.pointer, milliseconds * scale)) {
      throw error
    }
    try list.check()
    for entry in partitions { table.seek(entry.partition, to: entry.offset) }
  }

  /// Reads these partitions from these offsets on: begins with those of an assignment that `take` didn't name, and goes
  /// on elsewhere in those that are read, also where reading has ended because the log didn't have the position. What
  /// was fetched of them and not read yet is thrown away.
  ///
  /// - Throws: `.state` where another rebalance waits for its answer; nothing has changed then.
  public mutating func takeAgain(_ partitions: [PartitionOffset]) throws(KafkaError) {
    if partitions.isEmpty { return }
    if pending != nil { throw KafkaError(code: .state, message: "a rebalance waits for its answer", isRetriable: true) }
    guard isCooperative else {
      let others = held.filter { partition in !partitions.contains { $0.partition == partition } }
      return try assign(partitions + others.map { PartitionOffset($0, position(of: $0).map { Offset($0) } ?? .stored) })
    }
    let list = PartitionList(partitions)
    let known = table.held.filter { held in partitions.contains { $0.partition == held } }
    if !known.isEmpty {
      let list = PartitionList(known)
      if let error = KafkaError(consuming: rd_kafka_incremental_unassign(client.handle, list.pointer)) { throw error }
    }
    drop(known)
    forward(partitions.map(\.partition))
    if let error = KafkaError(consuming: rd_kafka_incremental_assign(client.handle, list.pointer)) { throw error }
    let kept = table.held
    table.hold(partitions)
    settle(partitions.map(\.partition))
    try restorePositions(of: kept)
  }

  /// Reads nothing more from these partitions until `resume`; what was fetched and not read yet is thrown away.
  public mutating func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_pause_partitions(client.handle, list.pointer))
    try list.check()
  }

  /// Goes on reading where `pause` stopped.
  public mutating func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_resume_partitions(client.handle, list.pointer))
    try list.check()
  }

  /// Whether the group moves partitions one by one.
  var isCooperative: Bool {
    rd_kafka_rebalance_protocol(client.handle).map { String(cString: $0) } == "COOPERATIVE"
  }

  /// Sends the records of these partitions to the data queue: before they are assigned, so that none takes another way.
  private mutating func forward(_ partitions: [TopicPartition]) {
    for partition in partitions where forwarded[partition] == nil {
      guard let queue = rd_kafka_queue_get_partition(client.handle, partition.topic, partition.partition) else {
        continue
      }
      rd_kafka_queue_forward(queue, data)
      forwarded[partition] = queue
    }
  }

  /// Forwards once more after the assignment has begun: the end of an earlier one of the same partition, which
  /// librdkafka handles in the background, takes the forwarding away.
  private mutating func settle(_ partitions: [TopicPartition]) {
    // Answered by librdkafka's main thread, behind the end of the earlier assignment in the same queue.
    var current: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    if rd_kafka_assignment(client.handle, &current) == RD_KAFKA_RESP_ERR_NO_ERROR, let current {
      rd_kafka_topic_partition_list_destroy(current)
    }
    for partition in partitions {
      if let queue = forwarded[partition] { rd_kafka_queue_forward(queue, data) }
    }
    // Records may have come before; moved to the data queue, they need not ring.
    wakeup.ring()
  }

  private mutating func drop(_ partitions: [TopicPartition]) {
    table.drop(partitions)
    for partition in partitions {
      if let queue = forwarded.removeValue(forKey: partition) { rd_kafka_queue_destroy(queue) }
    }
  }

  /// Brings librdkafka's position back to ours in partitions that stay.
  ///
  /// During an incremental rebalance librdkafka pauses them from another thread. Before 2.1 a batch that is being read
  /// at that moment may lose what it has taken, while the position has moved past it.
  private mutating func restorePositions(of partitions: [TopicPartition]) throws(KafkaError) {
    let ours = partitions.compactMap { partition in
      position(of: partition).map { PartitionOffset(partition, Offset($0)) }
    }
    if ours.isEmpty { return }
    let list = PartitionList(ours.map(\.partition))
    try KafkaError.check(rd_kafka_position(client.handle, list.pointer))
    let theirs = Dictionary(list.entries.map { ($0.0.partition, $0.0.offset) }) { $1 }
    try seek(ours.filter { entry in theirs[entry.partition].map { $0.isNumber && $0 != entry.offset } ?? false })
  }
}
