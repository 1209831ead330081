internal import Crdkafka
import Platform

/// The ends of a partition's log.
public struct Watermarks: Equatable, Sendable {
  /// The oldest offset there is.
  public var low: Int64
  /// The offset of the next record that will come.
  public var high: Int64
}

extension Consumer {
  /// Commits these offsets (the next record to be read of each partition) and waits for the answer.
  ///
  /// - Throws: the first partition's error; `.timedOut` after `limit`, when it may or may not have taken effect.
  public mutating func commit(_ offsets: [PartitionOffset], within limit: Duration) throws(KafkaError) {
    if offsets.isEmpty { return }
    let list = PartitionList(offsets)
    let queue: OpaquePointer = rd_kafka_queue_new(client.handle)
    defer { rd_kafka_queue_destroy(queue) }
    try KafkaError.check(rd_kafka_commit_queue(client.handle, list.pointer, queue, nil, nil))
    guard let event = rd_kafka_queue_poll(queue, limit.rdkafkaMilliseconds) else {
      throw KafkaError(code: .timedOut, message: "no answer to a commit within \(limit)", isRetriable: true)
    }
    defer { rd_kafka_event_destroy(event) }
    try KafkaError.check(rd_kafka_event_error(event))
    for case (let entry, var error?) in PartitionList.entries(rd_kafka_event_topic_partition_list(event)) {
      error.message = "\(entry.partition): \(error.message)"
      throw error
    }
  }

  /// Commits these offsets; the answer comes as a `.committed` event.
  public mutating func commitLater(_ offsets: [PartitionOffset]) throws(KafkaError) {
    if offsets.isEmpty { return }
    let list = PartitionList(offsets)
    try KafkaError.check(rd_kafka_commit_queue(client.handle, list.pointer, client.events, nil, nil))
  }

  /// What the group has committed for these partitions; `.none` where nothing is.
  ///
  /// With `readsCommitted` the answer waits for transactions that are about to change it.
  public func committed(
    _ partitions: [TopicPartition], within limit: Duration
  ) throws(KafkaError) -> [PartitionOffset] {
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_committed(client.handle, list.pointer, limit.rdkafkaMilliseconds))
    client.reporter.noteAnswer()
    try list.check()
    return list.entries.map(\.0)
  }

  /// The ends of a held partition's log as the last fetch has told, without asking anybody; nil: not known yet.
  ///
  /// `high` is the true high watermark, open transactions included, at every isolation level.
  public func watermarks(of partition: TopicPartition) -> Watermarks? {
    var low: Int64 = -1
    var high: Int64 = -1
    let code = rd_kafka_get_watermark_offsets(client.handle, partition.topic, partition.partition, &low, &high)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
    return Watermarks(low: max(0, low), high: high)
  }

  /// The ends of a partition's log, asked of its leader; the partition need not be held.
  ///
  /// `high` is what this consumer may read up to: the last stable offset with `readsCommitted`.
  public func queryWatermarks(of partition: TopicPartition, within limit: Duration) throws(KafkaError) -> Watermarks {
    // rd_kafka_query_watermark_offsets doesn't keep to its time-out where a broker is silent; this call does.
    let low = try offsets([PartitionOffset(partition, .beginning)], within: limit)
    let high = try offsets([PartitionOffset(partition, .end)], within: limit)
    return Watermarks(low: low.first?.offset.rawValue ?? 0, high: high.first?.offset.rawValue ?? 0)
  }

  /// `queryWatermarks(of:within:).high` of each partition, asked with one request of each broker; nil: its broker doesn't
  /// say.
  public func queryEnds(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try client.queryEnds(of: partitions, within: limit)
  }

  /// The first offset of each partition whose record is of `time` or later; `.end` where there is none.
  public func offsets(
    for time: WallTime, in partitions: [TopicPartition], within limit: Duration
  ) throws(KafkaError) -> [PartitionOffset] {
    try offsets(partitions.map { PartitionOffset($0, Offset(max(0, time.milliseconds))) }, within: limit)
  }

  private func offsets(_ times: [PartitionOffset], within limit: Duration) throws(KafkaError) -> [PartitionOffset] {
    let list = try client.offsets(times, within: limit)
    try list.check()
    return list.entries.map(\.0)
  }
}
