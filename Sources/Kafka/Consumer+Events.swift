internal import Crdkafka
import Glibc
import Platform

extension Consumer {
  /// An event other than a record.
  public enum Event: Sendable {
    /// The group assigns these partitions: answer with `take`. Nothing is read from them, and no other rebalance
    /// happens, before.
    case assigned([TopicPartition])
    /// The group revokes these partitions: finish with them, commit, answer with `giveBack`. If `lost`, others already
    /// own them, and a commit would be refused.
    case revoked([TopicPartition], lost: Bool)
    /// The answer to a `commitLater`.
    case committed([PartitionOffset], KafkaError?)
    /// An error that concerns no partition. It is logged here, except `.inconsistentGroupProtocol` and
    /// `.fencedInstance`, which the owner logs.
    case error(KafkaError)
    /// The members of the group: the answer to `askForMembers`.
    case members(Result<[GroupMember], KafkaError>)
    /// The consumer's statistics.
    case statistics(Statistics)
  }

  /// A rebalance that waits for its answer.
  struct Rebalance {
    var isAssignment: Bool
    var partitions: [TopicPartition]
  }

  /// The next event, without waiting; nil if none has arrived.
  public mutating func nextEvent() -> Event? {
    nextEvent(milliseconds: 0)
  }

  mutating func nextEvent(milliseconds: Int32) -> Event? {
    if let members = takeMembers() { return members }
    while let event = rd_kafka_queue_poll(client.events, milliseconds) {
      defer { rd_kafka_event_destroy(event) }
      if let result = take(event) { return result }
    }
    return nil
  }

  private mutating func take(_ event: OpaquePointer) -> Event? {
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_REBALANCE:
      let partitions = PartitionList.entries(rd_kafka_event_topic_partition_list(event)).map(\.0.partition)
      let isAssignment = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
      pending = Rebalance(isAssignment: isAssignment, partitions: partitions)
      if isAssignment {
        wasAssigned = true
        client.reporter.noteAnswer()
        return .assigned(partitions)
      }
      return .revoked(partitions, lost: rd_kafka_assignment_lost(client.handle) != 0)
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      let code = rd_kafka_event_error(event)
      let entries = PartitionList.entries(rd_kafka_event_topic_partition_list(event))
      if code == RD_KAFKA_RESP_ERR_NO_ERROR { client.reporter.noteAnswer() }
      let error = code == RD_KAFKA_RESP_ERR_NO_ERROR ? entries.lazy.compactMap(\.1).first : KafkaError(code)
      return .committed(entries.map(\.0), error)
    case RD_KAFKA_EVENT_STATS:
      guard let text = rd_kafka_event_stats(event) else { return nil }
      return Statistics(json: UnsafeRawBufferPointer(start: text, count: strlen(text))).map { .statistics($0) }
    case RD_KAFKA_EVENT_ERROR:
      let error = client.reporter.error(of: event)
      // The owner logs these two.
      if ![.inconsistentGroupProtocol, .fencedInstance].contains(error.code) { client.reporter.report(error) }
      return .error(error)
    default:
      _ = client.reporter.report(event)
      return nil
    }
  }
}
