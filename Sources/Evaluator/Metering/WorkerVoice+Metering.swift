import Platform
import Records
import Streams

/// What people should know of metering.
enum MeterRemark {
  /// Brokers don't say when they append: the topic of streams has the producers' times.
  case noClock
  /// An expression exceeded its limits on a record, which counts as invalid.
  case exceeds(stream: String, count: String)
  /// A stream begins: nobody has metered it yet.
  case begins(stream: String, partitions: Int)
  /// A topic of a stream isn't there.
  case noTopic(stream: String, topic: String)
  /// A partition gives no answer: its stream's readings go on without it.
  case isMissing(stream: String, StreamPartition)
  /// The topic of streams has the state of a stream that this meter doesn't know.
  case unknownStream(String)
  /// A state can't be used: its stream begins anew.
  case unusable(stream: String, ChangelogProblem)
  /// The state of a consumer group can't be used: the group is seen for the first time.
  case unusableGroup(String, ChangelogProblem)
  /// A stream's expression can't be compiled.
  case badExpression(stream: String, String)
  /// Retention took records before they were read.
  case lost(stream: String, StreamPartition, Int64)
  /// An expression of consumer groups can't be compiled.
  case badGroupExpression(String)
  /// Brokers don't answer questions about the cluster.
  case silentCluster(reason: String)
  /// There is no room for so many consumer groups.
  case tooManyGroups(Int)
  /// A group has more topics than can have readings.
  case tooManyTopics(group: String, Int)
}

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
    case .unusableGroup(let group, let problem):
      log.error(
        "the state of a consumer group can't be used; its progress is counted anew",
        ["group": .string(group), "reason": .string("\(problem)")])
    case .badGroupExpression(let reason):
      log.error("an expression of [lag] groups can't be compiled; no group is asked for", ["reason": .string(reason)])
    case .silentCluster(let reason):
      log.limited(
        silence, .warning,
        "brokers don't answer questions about the cluster and its consumer groups; their readings are missing",
        ["reason": .string(reason)])
    case .tooManyGroups(let count):
      log.limited(
        crowd, .warning, "there are more consumer groups than can be watched; cure: name fewer in [lag] groups",
        ["left_out": .int(count), "limit": .int(GroupRota.greatestCount)])
    case .tooManyTopics(let group, let count):
      log.limited(
        crowd, .warning, "a consumer group has more topics than can have readings; the last ones by name are left out",
        ["group": .string(group), "topics": .int(count), "limit": .int(LagWatch.greatestTopics)])
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
