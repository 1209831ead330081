import Platform

/// What a meter tells people.
extension WorkerVoice {
  mutating func remark(_ remark: MeterRemark) {
    switch remark {
    case .noClock:
      log.limited(
        clock, .error,
        "brokers don't say when they append a meter's records: nothing is counted; cure: set message.timestamp.type=LogAppendTime on the topic of streams",
        ["topic": .string(topics[0])])
    case .exceeds(let stream, let count):
      log.limited(
        exceeding, .warning,
        "an expression took too long on a record, which counts as invalid; cure: write a simpler one",
        ["stream": .string(stream), "count": .string(count)])
    case .begins(let stream, let partitions):
      log.info(
        "a stream is metered for the first time, from the end of its topics on",
        ["stream": .string(stream), "partitions": .int(partitions)])
    case .noTopic(let stream, let topic):
      log.warning(
        "a stream's topic doesn't exist, or this meter may not see it; it is read as soon as it is there",
        ["stream": .string(stream), "topic": .string(topic)])
    case .isMissing(let stream, let partition):
      log.warning(
        "a partition of a stream gives no answer; readings go on without it, and say so in partitions_missing",
        ["stream": .string(stream), "topic": .string(partition.topic), "partition": .int(partition.number)])
    case .unknownStream(let stream):
      log.warning(
        "another meter of this group counts a stream that this one doesn't know; cure: give all meters the same file",
        ["stream": .string(stream)])
    case .unusable(let stream, let problem):
      log.error(
        "the state of a stream can't be used; the stream begins anew at the end of its topics",
        ["stream": .string(stream), "reason": .string("\(problem)")])
    case .badExpression(let stream, let reason):
      log.error(
        "a stream's expression can't be compiled; the stream isn't metered",
        ["stream": .string(stream), "reason": .string(reason)])
    case .lost(let stream, let partition, let count):
      log.warning(
        "retention deleted records of a stream before they were counted; its next reading has their number as lost",
        [
          "stream": .string(stream), "topic": .string(partition.topic), "partition": .int(partition.number),
          "lost": .int(count),
        ])
    }
  }
}
