internal import Crdkafka
import Platform

extension Consumer {
  /// Leaves the group, so that its partitions go to others at once, and ends the consumer, both until `deadline`; what
  /// takes longer is left behind on a thread of its own. Commit before; drop all batches before.
  ///
  /// - Returns: whether the group was left properly.
  @discardableResult
  public consuming func close(by deadline: MonotonicTime) -> Bool {
    var isLeft = true
    if options.group != nil {
      let lacked = lacksAssignorState
      isLeft = leave(by: deadline)
      client.cannotEnd = lacked && !wasAssigned
    }
    for queue in forwarded.values { rd_kafka_queue_destroy(queue) }
    forwarded = [:]
    _ = client.close(by: deadline)
    return isLeft
  }

  /// Whether the end of this consumer would end the process: before 2.3, librdkafka asserts there that the cooperative
  /// assignor has a state, which it is given by the first assignment only (librdkafka issue 4312). Leaves the group, so
  /// that the answer stays true.
  var lacksAssignorState: Bool {
    guard rd_kafka_version() < 0x0203_00ff, isSubscribed, !wasAssigned else { return false }
    rd_kafka_unsubscribe(client.handle)
    return isCooperative
  }

  /// Answers what the group still asks until it has let us go.
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

  /// Lets go of whatever a rebalance brings or takes: the consumer is ending.
  private mutating func answerLast() {
    guard let rebalance = pending else { return }
    if rebalance.isAssignment {
      pending = nil
      // Of a consumer that is closing librdkafka takes any assignment as this one, cooperative or not.
      rd_kafka_assign(client.handle, nil)
    } else {
      try? giveBack()
    }
  }
}
