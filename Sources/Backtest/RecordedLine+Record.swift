import Evaluator
import Records

extension RecordedLine {
  /// The record that the line stands for, at `offset` of partition 0 of a topic with the broker's times.
  public borrowing func withRecord(at offset: Int64, _ body: (LogRecord) -> Void) {
    withBytes { key, value in
      // No broker writes a time of -1: such a record has none, whatever came before it.
      body(
        LogRecord(
          partition: LogPartition(topic: 0, number: 0), offset: offset, kafkaTime: kafkaTime,
          isLogAppendTime: kafkaTime >= 0, key: key, value: value))
    }
  }
}
