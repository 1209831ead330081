import Evaluator
import Kafka

extension LogRecord {
  /// A record as a consumer's batch has it; valid as long as that.
  @inline(__always)
  public init(_ message: Message, of partition: LogPartition) {
    self.init(
      partition: partition, offset: message.offset, kafkaTime: message.timestamp,
      isLogAppendTime: message.timestampKind == .appended, key: message.key, value: message.value)
  }
}
