import Evaluator
import Kafka

extension LogRecord {
  /// The record of a message in a consumer's batch; valid as long as the batch.
  @inline(__always)
  public init(_ message: Message, of partition: LogPartition) {
    self.init(
      partition: partition, offset: message.offset, kafkaTime: message.timestamp,
      isLogAppendTime: message.timestampKind == .appended, key: message.key, value: message.value)
  }
}
