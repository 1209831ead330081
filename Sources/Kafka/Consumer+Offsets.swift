internal import Crdkafka
import Platform

/// The ends of a partition's log.
public struct Watermarks: Equatable, Sendable {
  /// The oldest available offset.
  public var low: Int64
  /// The offset of the next record to be written.
  public var high: Int64
}

extension Consumer {
  /// Commits these offsets (the next record to read in each partition) and waits for the answer.
  ///
  /// - Throws: the first partition's error; `.timedOut` after `limit`, in which case the commit may or may not have
  ///   taken effect.
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

  /// Commits these offsets without waiting; the answer comes as a `.committed` event.
  public mutating func commitLater(_ offsets: [PartitionOffset]) throws(KafkaError) {
    if offsets.isEmpty { return }
    let list = PartitionList(offsets)
    try KafkaError.check(rd_kafka_commit_queue(client.handle, list.pointer, client.events, nil, nil))
  }

  /// The offsets that the group has committed for these partitions; `.none` if there is none.
  ///
  /// With `readsCommitted` the answer waits for open transactions that may change it.
  public func committed(
    _ partitions: [TopicPartition], within limit: Duration
  ) throws(KafkaError) -> [PartitionOffset] {
    let list = PartitionList(partitions)
    try KafkaError.check(rd_kafka_committed(client.handle, list.pointer, limit.rdkafkaMilliseconds))
    client.reporter.noteAnswer()
    try list.check()
    return list.entries.map(\.0)
  }

  /// The ends of a held partition's log as of the last fetch, without a request; nil if unknown.
  ///
  /// `high` is the high watermark, open transactions included, at every isolation level.
  public func watermarks(of partition: TopicPartition) -> Watermarks? {
    var low: Int64 = -1
    var high: Int64 = -1
    let code = rd_kafka_get_watermark_offsets(client.handle, partition.topic, partition.partition, &low, &high)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
    return Watermarks(low: max(0, low), high: high)
  }

  /// The ends of a partition's log, requested from its leader. The partition need not be held.
  ///
  /// `high` is where this consumer's reading ends: the last stable offset with `readsCommitted`.
  public func queryWatermarks(of partition: TopicPartition, within limit: Duration) throws(KafkaError) -> Watermarks {
    // rd_kafka_query_watermark_offsets ignores its time-out if a broker is silent; this call doesn't.
    let low = try offsets([PartitionOffset(partition, .beginning)], within: limit)
    let high = try offsets([PartitionOffset(partition, .end)], within: limit)
    return Watermarks(low: low.first?.offset.rawValue ?? 0, high: high.first?.offset.rawValue ?? 0)
  }

  /// `queryWatermarks(of:within:).high` of each partition, with one request to each broker; nil if its broker gives no
  /// answer.
  public func queryEnds(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try client.queryEnds(of: partitions, within: limit)
  }

  /// For each partition the first offset whose record has timestamp `time` or later; `.end` if there is none.
  public func offsets(
    for time: WallTime, in partitions: [TopicPartition], within limit: Duration
  ) throws(KafkaError) -> [PartitionOffset] {
    try offsets(partitions.map { PartitionOffset($0, Offset(max(0, time.milliseconds))) }, within: limit)
  }

  /// For each partition where reading from `time` on begins: `offsets(for:in:within:)`, or the end of its log if it has
  /// no such record.
  ///
  /// The end is as old as the call, whenever reading begins. With `.end` in an assignment, records would be left out that
  /// come between the question and the first fetch.
  public func starts(
    at time: WallTime, in partitions: [TopicPartition], within limit: Duration
  ) throws(KafkaError) -> [PartitionOffset] {
    let ends = try offsets(partitions.map { PartitionOffset($0, .end) }, within: limit)
    let known = Dictionary(ends.map { ($0.partition, $0.offset) }) { first, _ in first }
    return try offsets(for: time, in: partitions, within: limit).map { entry in
      entry.offset.isNumber ? entry : PartitionOffset(entry.partition, known[entry.partition] ?? .end)
    }
  }

  private func offsets(_ times: [PartitionOffset], within limit: Duration) throws(KafkaError) -> [PartitionOffset] {
    let list = try client.offsets(times, within: limit)
    try list.check()
    return list.entries.map(\.0)
  }
}
