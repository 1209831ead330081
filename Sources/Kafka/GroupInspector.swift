internal import Crdkafka
import Platform

/// A consumer group as its coordinator describes it.
public struct GroupDescription: Equatable, Sendable {
  /// Its name.
  public var name: String
  /// The coordinator's word for its state, such as `Stable` or `Empty`; nil if the coordinator doesn't tell.
  public var state: String?
  /// The number of members; nil if the coordinator doesn't tell.
  public var members: Int?
  /// The topics of which members have partitions; nil if they aren't Kafka's consumers, or an assignment is malformed.
  public var topics: Set<String>?
  /// Why the coordinator doesn't tell, such as `.groupAuthorizationFailed`; nil on success.
  public var error: KafkaError?

  /// A group of which only the name is known.
  public init(name: String) { self.name = name }
}

/// Asks brokers about the cluster and about other people's consumer groups. It joins no group, and reads and writes no
/// records.
///
/// Calls block up to their limits, or a little longer: for a thread that does nothing else.
public struct GroupInspector: ~Copyable, @unchecked Sendable {
  let consumer: Consumer
  /// Where the groups' offsets arrive.
  let answers: OpaquePointer
  /// The groups whose offsets were asked for and haven't arrived, by the number of the question.
  var asked: [UInt: Question] = [:]
  var lastNumber: UInt = 0

  struct Question {
    var group: String
    var since: MonotonicTime
  }

  /// Connects in the background.
  ///
  /// - Parameter wakeup: rung when something arrives.
  /// - Throws: if a property is refused, or a TLS file can't be read.
  public init(_ configuration: Configuration, log: Logger, wakeup: Wakeup) throws(KafkaError) {
    var options = Consumer.Options()
    // So that the end of a partition is its high watermark.
    options.readsCommitted = false
    // A client of another kind has no group of its own, which 2.0.2 uses unchecked if a coordinator has moved
    // (https://github.com/confluentinc/librdkafka/issues/5040).
    consumer = try Consumer(configuration, options: options, log: log, wakeup: wakeup)
    answers = consumer.client.makeQueue()
  }

  /// Logs what has arrived beside answers.
  public mutating func serve() { consumer.client.report() }

  /// The brokers, and all topics that this client may see.
  ///
  /// - Throws: if no broker answers within `limit`.
  public func cluster(within limit: Duration) throws(KafkaError) -> Admin.Cluster {
    try consumer.client.describe(topic: nil, within: limit)
  }

  /// The oldest offset of each partition; nil if its broker gives no answer.
  public func beginnings(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try consumer.client.queryBeginnings(of: partitions, within: limit)
  }

  /// The high watermark of each partition; nil if its broker gives no answer.
  public func highWatermarks(of partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [Int64?] {
    try consumer.client.queryEnds(of: partitions, within: limit)
  }

  /// All groups that this client may see, with one question to each broker, whose answer has all members.
  ///
  /// - Returns: also whether all brokers have answered.
  /// - Throws: if none does within `limit`.
  public func groups(within limit: Duration) throws(KafkaError) -> (groups: [GroupDescription], isComplete: Bool) {
    var list: UnsafePointer<rd_kafka_group_list>?
    let code = rd_kafka_list_groups(consumer.client.handle, nil, &list, max(1, limit.rdkafkaMilliseconds))
    guard let list else { throw KafkaError(code) }
    defer { rd_kafka_group_list_destroy(list) }
    let groups = UnsafeBufferPointer(start: list.pointee.groups, count: Int(list.pointee.group_cnt))
    return (groups.map(Self.description), code == RD_KAFKA_RESP_ERR_NO_ERROR)
  }

  private static func description(_ group: rd_kafka_group_info) -> GroupDescription {
    func text(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }
    var description = GroupDescription(name: text(group.group))
    guard group.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
      description.error = KafkaError(group.err)
      return description
    }
    description.state = text(group.state)
    description.members = Int(max(0, group.member_cnt))
    if text(group.protocol_type) == "consumer" {
      description.topics = []
      for member in UnsafeBufferPointer(start: group.members, count: Int(max(0, group.member_cnt))) {
        let assignment = UnsafeRawBufferPointer(
          start: member.member_assignment,
          count: member.member_assignment == nil ? 0 : Int(max(0, member.member_assignment_size)))
        let topics = GroupAssignment.topics(assignment)
        description.topics = topics.flatMap { description.topics?.union($0) }
      }
    }
    return description
  }

  /// Closes the client. If that isn't done by `deadline`, it continues on a thread of its own.
  public consuming func close(by deadline: MonotonicTime) { consumer.close(by: deadline) }
}
