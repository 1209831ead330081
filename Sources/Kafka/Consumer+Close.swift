internal import Crdkafka
import Platform

extension Consumer {
  /// Leaves the group, so that its partitions go to others at once, and ends the consumer, both until `deadline`; what
  /// takes longer is left behind on a thread of its own. Commit before; drop all batches before.
  ///
  /// A static member keeps its place until its session ends, for whoever comes back under its name.
  ///
  /// - Parameter forGood: a static member leaves, too.
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

  /// A static member leaves the group: librdkafka sends that for one that unsubscribes, and not for one that closes.
  private mutating func resign(by deadline: MonotonicTime) {
    guard rd_kafka_unsubscribe(client.handle) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    if pending != nil { answerLast() }
    // The name that the group gave goes when partitions have been let go of; the request to leave follows within
    // milliseconds, unless a close comes before it. Nothing says that it was sent.
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

  /// How long a request to leave the group may take to be sent.
  private static var farewell: Duration { .milliseconds(200) }

  /// Whether the group has given us a name that we still have.
  private var isMember: Bool {
    guard let name = rd_kafka_memberid(client.handle) else { return false }
    defer { rd_kafka_mem_free(client.handle, name) }
    return name.pointee != 0
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
