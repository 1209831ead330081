internal import Crdkafka

extension Consumer {
  /// The current number of partitions of a topic, requested from a broker.
  ///
  /// - Throws: `.unknownTopicOrPartition` if there is no such topic, `.timedOut`, `.transport`.
  public func partitionCount(of topic: String, within limit: Duration) throws(KafkaError) -> Int32 {
    let handle = try client.topic(topic)
    var answer: UnsafePointer<rd_kafka_metadata>?
    try KafkaError.check(rd_kafka_metadata(client.handle, 0, handle, &answer, limit.rdkafkaMilliseconds))
    guard let answer else { throw KafkaError(code: .unknownTopic, message: "\(topic): no answer") }
    defer { rd_kafka_metadata_destroy(answer) }
    client.reporter.noteAnswer()
    guard answer.pointee.topic_cnt == 1, let known = answer.pointee.topics?.pointee else {
      throw KafkaError(code: .unknownTopic, message: "\(topic): not in the answer")
    }
    try KafkaError.check(known.err)
    return known.partition_cnt
  }

  /// All topics that this client may see.
  ///
  /// - Throws: if no broker answers within `limit`.
  public func topics(within limit: Duration) throws(KafkaError) -> [Admin.Topic] {
    try client.describe(topic: nil, within: limit).topics
  }
}
