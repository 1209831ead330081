internal import Crdkafka

/// What any client can ask brokers, whether it reads or writes.
///
/// A broker answers the requests of a connection one by one, and each client has connections of its own: a question through
/// a consumer waits behind its fetch, which a broker holds back until records come.
extension Client {
  /// ListOffsets: the entries' offsets are timestamps, or the words for the log's ends.
  func offsets(_ times: [PartitionOffset], within limit: Duration) throws(KafkaError) -> PartitionList {
    let list = PartitionList(times)
    if times.isEmpty { return list }
    try KafkaError.check(rd_kafka_offsets_for_times(handle, list.pointer, limit.rdkafkaMilliseconds))
    reporter.noteAnswer()
    return list
  }

  /// Where each partition ends for a reader of this client's `isolation.level`, with one request of each broker; nil: its
  /// broker doesn't say.
  func queryEnds(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    let list = try offsets(partitions.map { PartitionOffset($0, .end) }, within: limit)
    return list.entries.map { $1 == nil && $0.offset.isNumber ? $0.offset.rawValue : nil }
  }

  /// The high watermark of each partition, asked through a producer.
  func queryHighWatermarks(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    // Only of topics whose handles it has does a client look for the new leader where the old one refuses.
    for partition in partitions { _ = try topic(partition.topic) }
    return try queryEnds(of: partitions, within: limit)
  }
}

extension Producer {
  /// The high watermark of each partition, open transactions included, as its leader says it now; nil: it doesn't say.
  public func highWatermarks(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try client.queryHighWatermarks(of: partitions, within: limit)
  }
}
