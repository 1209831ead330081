internal import Crdkafka
import Platform

/// A member of a consumer group, as the group coordinator describes it.
public struct GroupMember: Equatable, Sendable {
  /// Its `client.id`.
  public var clientID: String
  /// The address from which it connects.
  public var host: String
  /// The partitions assigned to it, of any topic.
  public var partitions: [TopicPartition]

  /// A member with all its properties.
  public init(clientID: String, host: String, partitions: [TopicPartition] = []) {
    self.clientID = clientID
    self.host = host
    self.partitions = partitions
  }
}

extension Consumer {
  /// Requests the members of the consumer's own group, on a thread of its own. The answer comes as a `.members` event,
  /// at most about `limit` later, and rings the wake-up. Does nothing without a group, or while an answer is pending.
  public mutating func askForMembers(within limit: Duration) {
    guard let group = options.group, question == nil else { return }
    question = MembersQuestion.start(group, client, within: limit, wakeup)
  }

  /// The answer as an event, once it has arrived.
  mutating func takeMembers() -> Event? {
    guard let question, let answer = question.answer else { return nil }
    self.question = nil
    return .members(answer)
  }
}

/// A request for the members of a group. It blocks as long as the slowest broker takes: a broker answers the requests
/// of a connection one by one, and a fetch may wait there for records.
///
/// `rd_kafka_DescribeConsumerGroups` wouldn't block, but 2.0.2 aborts the process if the coordinator goes away
/// meanwhile (`rd_kafka_enq_once_del_source_return: Assertion 'eonce->refcnt > 0' failed`).
final class MembersQuestion: @unchecked Sendable {
  private let group: String
  private let client: Client
  private let limit: Duration
  private let wakeup: Wakeup
  private var thread: JoinHandle?
  /// Valid once the thread has ended.
  private var result: Result<[GroupMember], KafkaError> = .success([])

  private init(_ group: String, _ client: Client, _ limit: Duration, _ wakeup: Wakeup) {
    (self.group, self.client, self.limit, self.wakeup) = (group, client, limit, wakeup)
  }

  /// Starts the request. If no thread can be started, that error is the answer.
  static func start(
    _ group: String, _ client: Client, within limit: Duration, _ wakeup: Wakeup
  ) -> MembersQuestion {
    let question = MembersQuestion(group, client, limit, wakeup)
    do throws(SystemError) {
      let thread = try startThread(name: "kafka-members") { question.run() }
      question.thread = thread
      client.caller = thread
    } catch {
      question.result = .failure(KafkaError(code: .timedOut, message: "\(error)", isRetriable: true))
    }
    return question
  }

  /// The brokers' answer; nil if it hasn't arrived.
  var answer: Result<[GroupMember], KafkaError>? {
    guard let thread else { return result }
    return thread.join(until: SystemTime().monotonic) ? result : nil
  }

  private func run() {
    var list: UnsafePointer<rd_kafka_group_list>?
    let code = rd_kafka_list_groups(client.handle, group, &list, max(1, limit.rdkafkaMilliseconds))
    defer { wakeup.ring() }
    guard let list else {
      result = .failure(KafkaError(code))
      return
    }
    defer { rd_kafka_group_list_destroy(list) }
    let groups = UnsafeBufferPointer(start: list.pointee.groups, count: Int(list.pointee.group_cnt))
    if let group = groups.first {
      result =
        group.err == RD_KAFKA_RESP_ERR_NO_ERROR ? .success(Self.members(of: group)) : .failure(KafkaError(group.err))
    } else if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      // The broker that didn't answer may be the group's coordinator.
      result = .failure(KafkaError(code))
    }
  }

  private static func members(of group: rd_kafka_group_info) -> [GroupMember] {
    func text(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }
    let isConsumers = text(group.protocol_type) == "consumer"
    return UnsafeBufferPointer(start: group.members, count: Int(group.member_cnt)).map { member in
      let address = text(member.client_host)
      let assignment = UnsafeRawBufferPointer(
        start: member.member_assignment,
        count: member.member_assignment == nil ? 0 : Int(max(0, member.member_assignment_size)))
      return GroupMember(
        clientID: text(member.client_id),
        // Java writes an address without a name as `/address`.
        host: address.hasPrefix("/") ? String(address.dropFirst()) : address,
        partitions: isConsumers ? GroupAssignment.partitions(assignment) : [])
    }
  }
}

/// Parses a member's assignment in the format of Kafka's consumers: a version, then topics, each with partition
/// numbers.
enum GroupAssignment {
  /// The partitions, up to the first malformed byte.
  static func partitions(_ bytes: UnsafeRawBufferPointer) -> [TopicPartition] { read(bytes).found }

  /// The topics of which it has partitions; none of a member that has nothing yet, nil if a byte is malformed.
  static func topics(_ bytes: UnsafeRawBufferPointer) -> Set<String>? {
    if bytes.isEmpty { return [] }
    let (found, isWhole) = read(bytes)
    return isWhole ? Set(found.map(\.topic)) : nil
  }

  private static func read(_ bytes: UnsafeRawBufferPointer) -> (found: [TopicPartition], isWhole: Bool) {
    var rest = bytes[...]
    var found: [TopicPartition] = []
    guard number(Int16.self, &rest) != nil, let topics = number(Int32.self, &rest), topics >= 0 else {
      return ([], false)
    }
    for _ in 0..<topics {
      guard let length = number(Int16.self, &rest), length >= 0, rest.count >= length else { return (found, false) }
      let topic = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
      rest = rest.dropFirst(Int(length))
      guard let count = number(Int32.self, &rest), count >= 0 else { return (found, false) }
      for _ in 0..<count {
        guard let partition = number(Int32.self, &rest) else { return (found, false) }
        found.append(TopicPartition(topic, partition))
      }
    }
    return (found, true)
  }

  private static func number<Number: FixedWidthInteger>(
    _: Number.Type, _ rest: inout Slice<UnsafeRawBufferPointer>
  ) -> Number? {
    let size = MemoryLayout<Number>.size
    guard rest.count >= size else { return nil }
    defer { rest = rest.dropFirst(size) }
    return rest.prefix(size).reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }
}
