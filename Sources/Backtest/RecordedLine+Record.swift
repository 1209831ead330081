import Evaluator
import Records

extension RecordedLine {
  /// The record of the line, at `offset` of partition 0 of a topic with the broker's timestamps.
  public borrowing func withRecord(at offset: Int64, _ body: (LogRecord) -> Void) {
    withBytes { key, value in
      // Brokers never write -1, so such a record counts as one without a Kafka time.
      body(
        LogRecord(
          partition: LogPartition(topic: 0, number: 0), offset: offset, kafkaTime: kafkaTime,
          isLogAppendTime: kafkaTime >= 0, key: key, value: value))
    }
  }
}
