internal import Crdkafka
import Platform

/// Owns a `rd_kafka_t` with its queues and topics: made once, ended once, off the caller's thread.
///
/// librdkafka's handle is thread-safe; what else stands here belongs to the one thread that uses the client.
final class Client: @unchecked Sendable {
  /// The C object.
  let handle: OpaquePointer
  /// Where events, logs and, of a consumer, rebalances arrive.
  let events: OpaquePointer
  /// Says what librdkafka reports.
  let reporter: Reporter
  private let wakeup: Wakeup?
  private let notes: Unmanaged<ConnectionNotes>
  private var queues: [OpaquePointer] = []
  private var topics: [(name: String, handle: OpaquePointer)] = []
  /// Its handle may be gone.
  private(set) var isClosed = false
  /// Its end would end the process: it is left running where it is told to close.
  var cannotEnd = false
  /// The thread that makes a call for its owner, or made the last one: the client can only end behind it.
  var caller: JoinHandle?

  /// Where a client's events arrive.
  enum EventQueue {
    /// Of a producer, or a client that reads nothing.
    case main
    /// Of a consumer, rebalances included.
    case group
  }

  /// A client of `configuration`.
  ///
  /// - Parameters:
  ///   - conf: what the kind of client adds, set before the user's properties so that these come last.
  ///   - group: the group that a consumer is a member of, for the words of an error.
  ///   - wakeup: rung when something arrives in `events`; nil: nobody is.
  init(
    _ kind: rd_kafka_type_t, _ configuration: Configuration, conf: ClientConfiguration, events enabled: Int32,
    queue: EventQueue, group: String? = nil, log: Logger, wakeup: Wakeup?
  ) throws(KafkaError) {
    try conf.set(configuration)
    try conf.set("log.queue", "true")
    // Lines below are made only for whoever asks for them with `debug`.
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
    // The main queue, which a consumer forwards to its own.
    rd_kafka_set_log_queue(handle, nil)
    queues.append(events)
    ring(on: events)
  }

  deinit { _ = close(by: nil) }

  /// A queue that rings the wake-up; destroyed with the client.
  func makeQueue() -> OpaquePointer {
    let queue: OpaquePointer = rd_kafka_queue_new(handle)
    queues.append(queue)
    ring(on: queue)
    return queue
  }

  private func ring(on queue: OpaquePointer) {
    guard let wakeup else { return }
    var payload = Wakeup.payload
    rd_kafka_queue_io_event_enable(queue, wakeup.fileDescriptor, &payload, MemoryLayout.size(ofValue: payload))
  }

  /// The topic's handle, made at its first use.
  func topic(_ name: String) throws(KafkaError) -> OpaquePointer {
    if let known = topics.first(where: { $0.name == name }) { return known.handle }
    guard let made = rd_kafka_topic_new(handle, name, nil) else {
      let error = KafkaError(rd_kafka_last_error())
      throw KafkaError(code: error.code, message: "'\(name)' can't be the name of a topic")
    }
    topics.append((name, made))
    return made
  }

  /// Takes the logs and errors that have arrived; for clients without other events.
  func report() {
    while let event = rd_kafka_queue_poll(events, 0) {
      _ = reporter.report(event)
      rd_kafka_event_destroy(event)
    }
  }

  /// The error that ended the client, if one has.
  var fatalError: KafkaError? {
    if rd_kafka_fatal_error(handle, nil, 0) == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
    var reason = [CChar](repeating: 0, count: 512)
    let code = rd_kafka_fatal_error(handle, &reason, reason.count)
    return KafkaError(
      code: KafkaError.Code(code), message: reporter.redaction.applied(to: String(cStringBytes: reason)), isFatal: true)
  }

  /// Ends the client on a thread of its own, which is left behind where it takes longer than until `deadline`
  /// (nil: don't wait): a resolver or a silent broker may hold it.
  ///
  /// - Returns: whether it has ended, or needs no more time.
  func close(by deadline: MonotonicTime?) -> Bool {
    if isClosed { return true }
    isClosed = true
    for queue in queues {
      // The queue may live on for a moment inside librdkafka; the wake-up's descriptor must not be written to then.
      rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
      rd_kafka_queue_destroy(queue)
    }
    for topic in topics { rd_kafka_topic_destroy(topic.handle) }
    if cannotEnd {
      // Nobody reads what it says from here on.
      rd_kafka_set_log_level(handle, 0)
      leaveThreadsRunning()
      return true
    }
    if let caller, !caller.join(until: SystemTime().monotonic) {
      // Nobody reads what it says from here on.
      rd_kafka_set_log_level(handle, 0)
    }
    let end = EndOfClient(handle: handle, notes: notes, wakeup: wakeup, caller: caller)
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

/// What a client leaves behind, to be ended on whatever thread.
private struct EndOfClient: @unchecked Sendable {
  let handle: OpaquePointer
  let notes: Unmanaged<ConnectionNotes>
  /// Held until librdkafka's threads, which write to it, are gone.
  let wakeup: Wakeup?
  /// May still use the handle.
  let caller: JoinHandle?

  func run() {
    caller?.join()
    // A consumer has left its group before; here it must not wait for a coordinator again.
    rd_kafka_destroy_flags(handle, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
    notes.release()
    withExtendedLifetime(wakeup) {}
  }
}

extension Duration {
  /// Milliseconds as librdkafka takes them: rounded up, so that a short time isn't none.
  var rdkafkaMilliseconds: Int32 {
    Int32(clamping: max(0, (wholeMicroseconds.addingReportingOverflow(999).partialValue) / 1000))
  }
}
