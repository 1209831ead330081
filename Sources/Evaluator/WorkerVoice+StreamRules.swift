/// What the evaluation of streams' records says.
extension WorkerVoice {
  /// Records of one subject may be in several partitions.
  func isSpread(_ partition: LogPartition) {
    log.notice(
      "a stream's records don't have their subject as the key, and its topic has several partitions: each partition has subjects of its own, called SUBJECT#PARTITION; cure: let the producer set the subject as the key",
      facts(partition))
  }

  /// Subjects' records come to other partitions now.
  func hasGrown(_ topic: Int, from before: Int32, to now: Int32) {
    log.warning(
      "a stream's topic has more partitions: subjects whose records come to another one begin anew there; cure for alerts that keep firing in their old one: statusd forget --topic TOPIC SUBJECT",
      ["topic": .string(topics[topic]), "before": .int(before), "now": .int(now)])
  }
}
