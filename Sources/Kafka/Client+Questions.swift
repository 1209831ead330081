internal import Crdkafka

/// Queries that both consumers and producers can send.
///
/// A broker answers the requests of a connection one by one, and each client has its own connections. So a query
/// through a consumer waits behind its fetch request, which a broker holds back until records arrive.
extension Client {
  /// Sends ListOffsets. The entries' offsets are timestamps, or `.beginning` and `.end`.
  func offsets(_ times: [PartitionOffset], within limit: Duration) throws(KafkaError) -> PartitionList {
    let list = PartitionList(times)
    if times.isEmpty { return list }
    try KafkaError.check(rd_kafka_offsets_for_times(handle, list.pointer, limit.rdkafkaMilliseconds))
    reporter.noteAnswer()
    return list
  }

  /// The end of each partition for a reader with this client's `isolation.level`, with one request to each broker; nil
  /// if its broker gives no answer.
  func queryEnds(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    let list = try offsets(partitions.map { PartitionOffset($0, .end) }, within: limit)
    return list.entries.map { $1 == nil && $0.offset.isNumber ? $0.offset.rawValue : nil }
  }

  /// The oldest offset of each partition, with one request to each broker; nil if its broker gives no answer.
  func queryBeginnings(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    let list = try offsets(partitions.map { PartitionOffset($0, .beginning) }, within: limit)
    return list.entries.map { $1 == nil && $0.offset.isNumber ? $0.offset.rawValue : nil }
  }

  /// The high watermark of each partition, if this client is a producer.
  func queryHighWatermarks(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    // A client looks for a new leader after a refusal only for topics whose handles it has.
    for partition in partitions { _ = try topic(partition.topic) }
    return try queryEnds(of: partitions, within: limit)
  }
}

extension Producer {
  /// The high watermark of each partition as its leader reports it now, open transactions included; nil if it gives no
  /// answer.
  public func highWatermarks(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try client.queryHighWatermarks(of: partitions, within: limit)
  }
}
