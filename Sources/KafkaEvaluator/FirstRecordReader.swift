import Evaluator
import Kafka
import Platform
import Streams

/// Finds out which record of a partition a reader of committed records gets first from an offset on: a consumer without
/// a group.
struct FirstRecordReader: ~Copyable {
  /// How many partitions are read at the same time.
  private static let greatestPass = 100
  /// How long one pass may take: a partition that gives nothing keeps others waiting no longer.
  private static let passPatience = Duration.seconds(2)

  private var consumer: Consumer
  private let bell: Wakeup
  private let logger: Logger

  init(_ configuration: Configuration, _ logger: Logger, _ bell: Wakeup) throws(KafkaError) {
    var configuration = configuration
    // One record of each partition is wanted, not its backlog; the user's own values win.
    configuration.properties.insert(("fetch.message.max.bytes", "65536"), at: 0)
    configuration.properties.insert(("fetch.wait.max.ms", "50"), at: 0)
    var options = Consumer.Options()
    options.queueKiB = 16_384
    // With 1 librdkafka fetches from a partition that gives nothing once a second only (seen with 2.0.2).
    options.queueRecords = 100
    consumer = try Consumer(configuration, options: options, log: logger, wakeup: bell)
    (self.bell, self.logger) = (bell, logger)
  }

  /// The last stable offset of each partition; nil if its broker gives no answer.
  func ends(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try consumer.queryEnds(of: partitions, within: limit)
  }

  /// Logs what has arrived.
  mutating func serve() {
    while let event = consumer.nextEvent() {
      if case .error(let error) = event {
        logger.debug("reading for the age of a lag", ["reason": .string("\(error)")])
      }
    }
  }

  /// Answers as many questions as it can by `deadline`.
  mutating func read(
    _ questions: [GroupMeter.Question], until deadline: MonotonicTime
  ) throws(KafkaError) -> [GroupMeter.Question: GroupAnswer.FirstRecord] {
    var found: [GroupMeter.Question: GroupAnswer.FirstRecord] = [:]
    var open = questions
    while !open.isEmpty, SystemTime().monotonic < deadline {
      // A consumer has one position in a partition; other groups' positions wait for the next pass.
      var pass: [TopicPartition: GroupMeter.Question] = [:]
      for question in open where pass.count < Self.greatestPass {
        let partition = TopicPartition(question.partition.topic, question.partition.number)
        if pass[partition] == nil { pass[partition] = question }
      }
      let done = Set(pass.values)
      try read(&pass, until: min(deadline, SystemTime().monotonic + Self.passPatience), into: &found)
      open.removeAll(where: done.contains)
    }
    return found
  }

  private mutating func read(
    _ pass: inout [TopicPartition: GroupMeter.Question], until deadline: MonotonicTime,
    into found: inout [GroupMeter.Question: GroupAnswer.FirstRecord]
  ) throws(KafkaError) {
    try consumer.assign(pass.map { PartitionOffset($0, Offset($1.offset)) })
    while !pass.isEmpty {
      serve()
      let batch = consumer.fetch()
      if batch.count == 0 {
        guard SystemTime().monotonic < deadline else { break }
        bell.wait(until: deadline)
        continue
      }
      for index in batch.indices {
        let message = batch[index]
        guard let partition = consumer.partition(at: message.partitionIndex), let question = pass[partition] else {
          continue
        }
        let first: GroupAnswer.FirstRecord =
          switch message.kind {
          case .record: .record(time: message.timestamp)
          case .endOfPartition: .nothing(before: message.offset)
          case .error: batch.error(at: index)?.code == .topicAuthorizationFailed ? .refused : .unknown
          }
        pass[partition] = nil
        if first != .unknown { found[question] = first }
      }
    }
    try consumer.assign([])
  }

  consuming func close(by deadline: MonotonicTime) { consumer.close(by: deadline) }
}
