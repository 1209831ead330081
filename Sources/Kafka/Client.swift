internal import Crdkafka
import Platform

/// Owns a `rd_kafka_t` with its queues and topics. It is destroyed once, on a thread of its own.
///
/// librdkafka's handle is thread-safe. The other members belong to the one thread that uses the client.
final class Client: @unchecked Sendable {
  /// The C object.
  let handle: OpaquePointer
  /// The queue of events, logs and, for a consumer, rebalances.
  let events: OpaquePointer
  /// Logs what librdkafka reports.
  let reporter: Reporter
  private let wakeup: Wakeup?
  private let notes: Unmanaged<ConnectionNotes>
  private var queues: [OpaquePointer] = []
  private var topics: [(name: String, handle: OpaquePointer)] = []
  /// Whether `close` was called, so that the handle may be gone.
  private(set) var isClosed = false
  /// Set if destroying the handle would abort the process (`Consumer.lacksAssignorState`); `close` then leaves it
  /// running.
  var cannotEnd = false
  /// The thread of the current or last blocking call. The handle is destroyed only after that thread has ended.
  var caller: JoinHandle?

  /// The queue in which a client's events arrive.
  enum EventQueue {
    /// The main queue: for a producer, or a client that doesn't read.
    case main
    /// The consumer queue, which also gets rebalances.
    case group
  }

  /// Creates a client with `configuration`.
  ///
  /// - Parameters:
  ///   - conf: properties for this kind of client. They are set first, so that the user's properties override them.
  ///   - group: the consumer's group, for error messages.
  ///   - wakeup: rung when something arrives in `events`; nil for no ring.
  init(
    _ kind: rd_kafka_type_t, _ configuration: Configuration, conf: ClientConfiguration, events enabled: Int32,
    queue: EventQueue, group: String? = nil, log: Logger, wakeup: Wakeup?
  ) throws(KafkaError) {
    try conf.set(configuration)
    try conf.set("log.queue", "true")
    // librdkafka creates debug lines only if the property `debug` asks for them.
    conf.setIfKnown("log_level", "7")
    rd_kafka_conf_set_events(conf.pointer, enabled | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_ERROR)
    let notes = ConnectionNotes()
    let unmanaged = Unmanaged.passRetained(notes)
    rd_kafka_conf_set_opaque(conf.pointer, unmanaged.toOpaque())
    if configuration.usesTLS {
      rd_kafka_conf_set_ssl_cert_verify_cb(conf.pointer, noteCertificate)
    }

    let handle: OpaquePointer
    do {
      handle = try conf.makeClient(kind, of: configuration)
    } catch {
      unmanaged.release()
      throw error
    }
    self.handle = handle
    self.notes = unmanaged
    self.wakeup = wakeup
    reporter = Reporter(
      log: log, redaction: Redaction(conf.secrets), notes: notes, configuration: configuration, group: group)
    switch queue {
    case .main:
      events = rd_kafka_queue_get_main(handle)
    case .group:
      rd_kafka_poll_set_consumer(handle)
      events = rd_kafka_queue_get_consumer(handle)
    }
    // Logs go to the main queue, which a consumer forwards to its own.
    rd_kafka_set_log_queue(handle, nil)
    queues.append(events)
    ring(on: events)
  }

  deinit { _ = close(by: nil) }

  /// Creates a queue that rings the wake-up. It is destroyed with the client.
  func makeQueue() -> OpaquePointer { adopt(rd_kafka_queue_new(handle)) }

  /// The queue of a consumer's records, which rings the wake-up. Nothing else arrives there if the client's `events` are
  /// the main queue.
  func consumerQueue() -> OpaquePointer { adopt(rd_kafka_queue_get_consumer(handle)) }

  private func adopt(_ queue: OpaquePointer) -> OpaquePointer {
    queues.append(queue)
    ring(on: queue)
    return queue
  }

  private func ring(on queue: OpaquePointer) {
    guard let wakeup else { return }
    var payload = Wakeup.payload
    rd_kafka_queue_io_event_enable(queue, wakeup.fileDescriptor, &payload, MemoryLayout.size(ofValue: payload))
    // librdkafka rings only when an empty queue gets an entry. An entry that is already there, such as a log line from
    // the client's creation, would suppress the ring for all later ones.
    if rd_kafka_queue_length(queue) > 0 { wakeup.ring() }
  }

  /// The topic's handle, created at its first use.
  func topic(_ name: String) throws(KafkaError) -> OpaquePointer {
    if let known = topics.first(where: { $0.name == name }) { return known.handle }
    guard let made = rd_kafka_topic_new(handle, name, nil) else {
      let error = KafkaError(rd_kafka_last_error())
      throw KafkaError(code: error.code, message: "'\(name)' isn't a valid topic name")
    }
    topics.append((name, made))
    return made
  }

  /// Logs the log lines and errors that have arrived. For clients without other events.
  func report() {
    while let event = rd_kafka_queue_poll(events, 0) {
      _ = reporter.report(event)
      rd_kafka_event_destroy(event)
    }
  }

  /// The fatal error of the client; nil if there is none.
  var fatalError: KafkaError? {
    if rd_kafka_fatal_error(handle, nil, 0) == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
    var reason = [CChar](repeating: 0, count: 512)
    let code = rd_kafka_fatal_error(handle, &reason, reason.count)
    return KafkaError(
      code: KafkaError.Code(code), message: reporter.redaction.applied(to: String(cStringBytes: reason)), isFatal: true)
  }

  /// Destroys the client on a thread of its own, because a resolver or a silent broker may block that. Waits for it
  /// until `deadline` (nil: doesn't wait), then leaves the thread running.
  ///
  /// - Parameter isMember: the client is a member of a group, which that thread leaves first.
  /// - Returns: whether the client is destroyed, or is left running on purpose.
  func close(by deadline: MonotonicTime?, isMember: Bool = false) -> Bool {
    if isClosed { return true }
    isClosed = true
    let leavesGroup = isMember && !cannotEnd
    for queue in queues {
      // librdkafka may keep the queue for a moment; it must not write to the wake-up's descriptor then.
      rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
      if leavesGroup && queue == events { continue }
      rd_kafka_queue_destroy(queue)
    }
    for topic in topics { rd_kafka_topic_destroy(topic.handle) }
    if cannotEnd {
      // Nobody reads its log from here on.
      rd_kafka_set_log_level(handle, 0)
      leaveThreadsRunning()
      return true
    }
    if let caller, !caller.join(until: SystemTime().monotonic) {
      // Nobody reads its log from here on.
      rd_kafka_set_log_level(handle, 0)
    }
    let end = EndOfClient(
      handle: handle, notes: notes, wakeup: wakeup, caller: caller, rebalances: leavesGroup ? events : nil)
    do {
      let thread = try startThread(name: "kafka-close") { end.run() }
      guard let deadline else { return false }
      return thread.join(until: deadline)
    } catch {
      end.run()
      return true
    }
  }
}

/// What remains of a closed client, to be destroyed on any thread.
private struct EndOfClient: @unchecked Sendable {
  let handle: OpaquePointer
  let notes: Unmanaged<ConnectionNotes>
  /// Kept until librdkafka's threads, which write to it, have ended.
  let wakeup: Wakeup?
  /// May still use the handle.
  let caller: JoinHandle?
  /// Where rebalances arrive that the group still waits for; nil if there is no group to leave.
  let rebalances: OpaquePointer?

  func run() {
    caller?.join()
    if let rebalances { leave(rebalances) }
    // The consumer has left its group; destroying must not wait for the coordinator again.
    rd_kafka_destroy_flags(handle, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
    notes.release()
    withExtendedLifetime(wakeup) {}
  }

  /// Leaves the group, however long that takes.
  ///
  /// A rebalance that nobody answers keeps the group's part of the client alive. Destroying the client would then never
  /// end, and librdkafka's main thread would spin all that time (seen with 2.0.2).
  private func leave(_ rebalances: OpaquePointer) {
    if rd_kafka_consumer_closed(handle) == 0 {
      // Fails if the consumer is closing already.
      _ = KafkaError(consuming: rd_kafka_consumer_close_queue(handle, rebalances))
      // A rebalance may have been taken out of the queue and never answered.
      rd_kafka_assign(handle, nil)
    }
    while rd_kafka_consumer_closed(handle) == 0 {
      guard let event = rd_kafka_queue_poll(rebalances, 100) else { continue }
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE {
        // For a closing consumer librdkafka accepts this as the answer to any rebalance, cooperative or not.
        rd_kafka_assign(handle, nil)
      }
      rd_kafka_event_destroy(event)
    }
    rd_kafka_queue_destroy(rebalances)
  }
}

extension Duration {
  /// The duration in librdkafka's milliseconds, rounded up so that a short time doesn't become 0.
  var rdkafkaMilliseconds: Int32 {
    Int32(clamping: max(0, (wholeMicroseconds.addingReportingOverflow(999).partialValue) / 1000))
  }
}
