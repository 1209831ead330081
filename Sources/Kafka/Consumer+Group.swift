internal import Crdkafka
import Platform

extension Consumer {
  /// Asks how the group has shared its partitions out; the answer comes as a `.shares` event.
  ///
  /// - Parameter limit: how long brokers may take.
  public mutating func askShares(within limit: Duration) throws(KafkaError) {
    guard let group = options.group else { throw KafkaError(code: .state, message: "the consumer has no group") }
    let asked = rd_kafka_AdminOptions_new(client.handle, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS)
    defer { rd_kafka_AdminOptions_destroy(asked) }
    var reason = [CChar](repeating: 0, count: 256)
    let code = rd_kafka_AdminOptions_set_request_timeout(asked, limit.rdkafkaMilliseconds, &reason, reason.count)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, String(cStringBytes: reason)) }
    group.withCString { name in
      var names: [UnsafePointer<CChar>?] = [name]
      rd_kafka_DescribeConsumerGroups(client.handle, &names, 1, asked, client.events)
    }
  }

  /// What the answer says; nil: brokers don't say, or the group is just sharing out anew.
  static func shares(_ event: OpaquePointer) -> [TopicPartition]? {
    var count = 0
    guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
      let result = rd_kafka_event_DescribeConsumerGroups_result(event),
      let groups = rd_kafka_DescribeConsumerGroups_result_groups(result, &count), count == 1, let group = groups[0],
      rd_kafka_ConsumerGroupDescription_error(group) == nil,
      rd_kafka_ConsumerGroupDescription_state(group) == RD_KAFKA_CONSUMER_GROUP_STATE_STABLE
    else { return nil }
    return (0..<rd_kafka_ConsumerGroupDescription_member_count(group)).flatMap { index in
      rd_kafka_ConsumerGroupDescription_member(group, index).flatMap(rd_kafka_MemberDescription_assignment)
        .flatMap(rd_kafka_MemberAssignment_partitions)
        .map { list in PartitionList.entries(UnsafeMutablePointer(mutating: list)).map(\.0.partition) } ?? []
    }
  }
}
