internal import Crdkafka
import Platform

extension Consumer {
  /// Leaves the group, so that other members get its partitions at once, and destroys the consumer, both by `deadline`.
  /// If that takes longer, it continues on a thread of its own. Commit, and drop all batches, before.
  ///
  /// A static member stays in the group until its session times out, so that its successor gets its partitions.
  ///
  /// - Parameter forGood: makes a static member leave, too.
  /// - Returns: whether the group was left properly.
  @discardableResult
  public consuming func close(by deadline: MonotonicTime, forGood: Bool = false) -> Bool {
    var isLeft = true
    if options.group != nil {
      if forGood, options.instance != nil { resign(by: deadline) }
      let lacked = lacksAssignorState
      isLeft = leave(by: deadline)
      client.cannotEnd = lacked && !wasAssigned
    }
    for queue in forwarded.values { rd_kafka_queue_destroy(queue) }
    forwarded = [:]
    _ = client.close(by: deadline, isMember: options.group != nil)
    return isLeft
  }

  /// Whether destroying this consumer would abort the process. librdkafka before 2.3 asserts then that the cooperative
  /// assignor has a state, which only the first assignment creates (librdkafka issue 4312). Also leaves the group, so
  /// that the answer stays valid.
  var lacksAssignorState: Bool {
    guard rd_kafka_version() < 0x0203_00ff, isSubscribed, !wasAssigned else { return false }
    rd_kafka_unsubscribe(client.handle)
    return isCooperative
  }

  /// Makes a static member leave the group. librdkafka sends LeaveGroup for it only on unsubscribe, not on close.
  private mutating func resign(by deadline: MonotonicTime) {
    guard rd_kafka_unsubscribe(client.handle) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    if pending != nil { answerLast() }
    // The member id is cleared once the partitions are released. LeaveGroup follows within milliseconds unless a close
    // comes first. librdkafka doesn't report that it was sent.
    var end = deadline
    while true {
      let now = SystemTime().monotonic
      if !isMember { end = min(end, now + Self.farewell) }
      let left = (end - now).rdkafkaMilliseconds
      if left == 0 { return }
      switch nextEvent(milliseconds: min(left, 5)) {
      case .assigned, .revoked: answerLast()
      default: break
      }
    }
  }

  /// How long to wait for LeaveGroup to be sent.
  private static var farewell: Duration { .milliseconds(200) }

  /// Whether the group has given us a member id that is still valid.
  private var isMember: Bool {
    guard let name = rd_kafka_memberid(client.handle) else { return false }
    defer { rd_kafka_mem_free(client.handle, name) }
    return name.pointee != 0
  }

  /// Answers the group's remaining rebalances until the consumer is closed. Returns false if `deadline` comes first.
  private mutating func leave(by deadline: MonotonicTime) -> Bool {
    if let error = KafkaError(consuming: rd_kafka_consumer_close_queue(client.handle, client.events)) {
      return error.code == .closed
    }
    if pending != nil { answerLast() }
    while rd_kafka_consumer_closed(client.handle) == 0 {
      let left = (deadline - SystemTime().monotonic).rdkafkaMilliseconds
      if left == 0 { return false }
      switch nextEvent(milliseconds: min(left, 50)) {
      case .assigned, .revoked: answerLast()
      default: break
      }
    }
    return true
  }

  /// Answers a rebalance by releasing all its partitions, because the consumer is closing.
  private mutating func answerLast() {
    guard let rebalance = pending else { return }
    if rebalance.isAssignment {
      pending = nil
      // For a closing consumer librdkafka accepts this call for any assignment, cooperative or not.
      rd_kafka_assign(client.handle, nil)
    } else {
      try? giveBack()
    }
  }
}
