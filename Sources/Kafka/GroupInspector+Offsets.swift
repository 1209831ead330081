internal import Crdkafka
import Platform

/// The offsets of groups, one request each.
extension GroupInspector {
  /// The time-out of a request: the greatest that librdkafka knows.
  ///
  /// A request that times out while its group has no coordinator ends the process as soon as there is one again
  /// (`rd_kafka_enq_once_del_source_return: Assertion 'eonce->refcnt > 0' failed`, seen with 2.0.2; the same in
  /// https://github.com/confluentinc/librdkafka/pull/5397). So it never times out: it waits for the coordinator, the
  /// group isn't asked again meanwhile, and the owner makes a new inspector long before (`longestWait`).
  private static var patience: Int32 { 3_600_000 }

  /// How long the oldest request that has no answer has waited; nil if there is none. Close this inspector after some
  /// minutes, and make a new one.
  public func longestWait(at now: MonotonicTime) -> Duration? { asked.values.map { now - $0.since }.max() }

  /// Asks for the committed offsets of groups, all at once.
  ///
  /// - Returns: what has arrived by `deadline`. A group without offsets has an empty list.
  public mutating func offsets(
    of groups: [String], until deadline: MonotonicTime
  ) -> [String: Result<[PartitionOffset], KafkaError>] {
    // What came since the last call may be old.
    while take(within: .zero) != nil {}
    let waiting = Set(asked.values.map(\.group))
    let now = SystemTime().monotonic
    for group in groups where !waiting.contains(group) { ask(group, now) }
    var open = Set(groups)
    var found: [String: Result<[PartitionOffset], KafkaError>] = [:]
    while !open.isEmpty {
      let left = deadline - SystemTime().monotonic
      guard left > .zero, let (group, answer) = take(within: left) else { break }
      if open.remove(group) != nil { found[group] = answer }
    }
    return found
  }

  private mutating func ask(_ group: String, _ now: MonotonicTime) {
    let handle = consumer.client.handle
    lastNumber += 1
    let options = rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS)
    defer { rd_kafka_AdminOptions_destroy(options) }
    rd_kafka_AdminOptions_set_request_timeout(options, Self.patience, nil, 0)
    rd_kafka_AdminOptions_set_opaque(options, UnsafeMutableRawPointer(bitPattern: lastNumber))
    var request: OpaquePointer? = rd_kafka_ListConsumerGroupOffsets_new(group, nil)
    defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
    rd_kafka_ListConsumerGroupOffsets(handle, &request, 1, options, answers)
    asked[lastNumber] = Question(group: group, since: now)
  }

  /// The next answer; nil if none comes within `limit`.
  private mutating func take(
    within limit: Duration
  ) -> (group: String, answer: Result<[PartitionOffset], KafkaError>)? {
    while let event = rd_kafka_queue_poll(answers, limit.rdkafkaMilliseconds) {
      let answer = AdminAnswer(event: event)
      let number = UInt(bitPattern: rd_kafka_event_opaque(answer.event))
      guard let question = asked.removeValue(forKey: number) else { continue }
      return (question.group, Self.read(answer))
    }
    return nil
  }

  private static func read(_ answer: borrowing AdminAnswer) -> Result<[PartitionOffset], KafkaError> {
    let code = rd_kafka_event_error(answer.event)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      return .failure(KafkaError(code, rd_kafka_event_error_string(answer.event).map { String(cString: $0) }))
    }
    var count = 0
    let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(answer.event), &count)
    guard count > 0, let group = groups?[0] else { return .success([]) }
    if let error = rd_kafka_group_result_error(group) {
      return .failure(
        KafkaError(rd_kafka_error_code(error), rd_kafka_error_string(error).map { String(cString: $0) }))
    }
    let all = PartitionList.entries(rd_kafka_group_result_partitions(group))
    return .success(all.compactMap { $1 == nil && $0.offset.isNumber ? $0 : nil })
  }
}
