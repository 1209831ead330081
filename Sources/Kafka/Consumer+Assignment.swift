internal import Crdkafka
import Platform

extension Consumer {
  /// Whether a rebalance waits for its answer.
  public var awaitsAnswer: Bool { pending != nil }

  /// Answers `.assigned`: reads the partitions from these offsets on (`.stored`: the committed one).
  ///
  /// Partitions of the event that aren't in the list are still ours, but aren't read before `takeAgain` gives their
  /// offsets.
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

  /// Answers `.revoked`: releases the partitions.
  public mutating func giveBack() throws(KafkaError) {
    guard let rebalance = pending, !rebalance.isAssignment else {
      throw KafkaError(code: .state, message: "no revocation waits for an answer")
    }
    pending = nil
    if isCooperative {
      // Unassign only partitions that are being read; the others were never begun.
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

  /// Reads exactly these partitions from these offsets on, without a group.
  public mutating func assign(_ partitions: [PartitionOffset]) throws(KafkaError) {
    drop(table.held)
    forward(partitions.map(\.partition))
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_assign(client.handle, partitions.isEmpty ? nil : list.pointer))
    table.hold(partitions)
    settle(partitions.map(\.partition))
  }

  /// Continues held partitions at these offsets. Records that were fetched but not read yet are discarded.
  ///
  /// - Parameter limit: how long to wait for librdkafka to do it. No broker is involved.
  /// - Throws: `.timedOut`, or `.state` for a partition whose reading hasn't begun or has ended; use `takeAgain` for
  ///   it.
  public mutating func seek(_ partitions: [PartitionOffset], within limit: Duration = .seconds(5)) throws(KafkaError) {
    if partitions.isEmpty { return }
    let list = PartitionList(partitions)
    // 2.0.2 treats the milliseconds as microseconds.
    let scale: Int32 = rd_kafka_version() < 0x0201_00ff ? 1000 : 1
    let milliseconds = min(limit.rdkafkaMilliseconds, 600_000)
    if let error = KafkaError(consuming: rd_kafka_seek_partitions(client.handle, list.pointer, milliseconds * scale)) {
      throw error
    }
    try list.check()
    for entry in partitions { table.seek(entry.partition, to: entry.offset) }
  }

  /// Reads these partitions from these offsets on. Begins those of an assignment that `take` didn't name, and moves
  /// those that are being read, even if reading stopped because the log didn't have the position. Records that were
  /// fetched but not read yet are discarded.
  ///
  /// - Throws: `.state` if another rebalance waits for its answer; nothing has changed then.
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

  /// Stops reading these partitions until `resume`. Records that were fetched but not read yet are discarded.
  public mutating func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_pause_partitions(client.handle, list.pointer))
    try list.check()
  }

  /// Continues reading where `pause` stopped.
  public mutating func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_resume_partitions(client.handle, list.pointer))
    try list.check()
  }

  /// Whether the group uses incremental (cooperative) rebalancing.
  var isCooperative: Bool {
    rd_kafka_rebalance_protocol(client.handle).map { String(cString: $0) } == "COOPERATIVE"
  }

  /// Forwards these partitions' queues to the data queue. Done before the assignment, so that no record takes another
  /// way.
  private mutating func forward(_ partitions: [TopicPartition]) {
    if options.group == nil { return }
    for partition in partitions where forwarded[partition] == nil {
      guard let queue = rd_kafka_queue_get_partition(client.handle, partition.topic, partition.partition) else {
        continue
      }
      rd_kafka_queue_forward(queue, data)
      forwarded[partition] = queue
    }
  }

  /// Forwards again after the assignment. If the same partition was assigned before, librdkafka ends that assignment in
  /// the background and resets the forwarding.
  private mutating func settle(_ partitions: [TopicPartition]) {
    // librdkafka's main thread answers this call after ending the earlier assignment, because both are in the same
    // queue.
    var current: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    if rd_kafka_assignment(client.handle, &current) == RD_KAFKA_RESP_ERR_NO_ERROR, let current {
      rd_kafka_topic_partition_list_destroy(current)
    }
    // Of a topic that librdkafka doesn't know yet, the end of the earlier assignment makes another queue.
    for partition in partitions {
      if let queue = forwarded.removeValue(forKey: partition) { rd_kafka_queue_destroy(queue) }
    }
    forward(partitions)
    // Records that arrived before were moved to the data queue, possibly without a ring.
    wakeup.ring()
  }

  private mutating func drop(_ partitions: [TopicPartition]) {
    table.drop(partitions)
    for partition in partitions {
      if let queue = forwarded.removeValue(forKey: partition) { rd_kafka_queue_destroy(queue) }
    }
  }

  /// Resets librdkafka's position to ours in partitions that stay assigned.
  ///
  /// librdkafka pauses them from another thread during an incremental rebalance. Before 2.1 a batch read at that moment
  /// may lose records although the position has moved past them.
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
