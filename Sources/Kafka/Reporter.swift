internal import Crdkafka
import Platform
import Synchronization

/// Turns librdkafka's logs and errors into our own log lines: constant sentences with facts, rate-limited, without
/// secrets.
///
/// Used by the one thread that polls the client.
final class Reporter: Sendable {
  let redaction: Redaction
  private let log: Logger
  private let notes: ConnectionNotes
  /// The SASL mechanism in use, in capitals; nil without a login.
  private let mechanism: String?
  private let configuration: Configuration
  /// The consumer group of the client; nil if it has none.
  private let group: String?
  private var troubles: TroubleBook { configuration.troubles }
  /// The addresses in `bootstrap.servers`, in librdkafka's form.
  private let listed: Set<String>
  /// Whether this client reported all brokers down and has had no answer since.
  private let hasLostAll = Atomic(false)

  init(
    log: Logger, redaction: Redaction, notes: ConnectionNotes, configuration: Configuration, group: String? = nil
  ) {
    self.log = log
    self.redaction = redaction
    self.notes = notes
    mechanism = configuration.mechanism
    self.configuration = configuration
    self.group = group
    listed = configuration.addresses
  }

  /// Logs an event if it is a log line or an error. Returns false if it is neither.
  func report(_ event: OpaquePointer) -> Bool {
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_LOG:
      var facility: UnsafePointer<CChar>?
      var text: UnsafePointer<CChar>?
      var priority: Int32 = 0
      if rd_kafka_event_log(event, &facility, &text, &priority) == 0 {
        line(facility.map { String(cString: $0) } ?? "", text.map { String(cString: $0) } ?? "", priority)
      }
      return true
    case RD_KAFKA_EVENT_ERROR:
      report(error(of: event))
      return true
    default:
      return false
    }
  }

  /// The error in an event.
  func error(of event: OpaquePointer) -> KafkaError {
    let code = rd_kafka_event_error(event)
    let message = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
    return KafkaError(
      code: KafkaError.Code(code), message: redaction.applied(to: message),
      isFatal: rd_kafka_event_error_is_fatal(event) != 0)
  }

  /// Logs an error of the connection, with a sentence that tells what to do.
  func report(_ error: KafkaError) {
    if error.code == .allBrokersDown {
      hasLostAll.store(true, ordering: .relaxed)
      troubles.lostAll(at: SystemTime().monotonic)
    }
    var trouble = ConnectionTrouble(
      error, refusal: notes.refusal(of:), mechanism: mechanism, libraryVersion: rd_kafka_version(),
      isListed: listed.contains, wasConnected: troubles.wasConnected)
    if let missing = missingRight(error) { trouble.tell(missing) }
    let limit = troubles.limit(of: trouble.kind, broker: trouble.broker)
    let sentence = configuration.sentences[trouble.kind] ?? trouble.kind.sentence
    log.limited(limit, trouble.level, sentence, trouble.facts)
  }

  /// Notes an answer of a broker. Logs it if no broker was connected before.
  ///
  /// Only a client that reported all brokers down may end the outage: an answer to another client may be older than it.
  func noteAnswer() {
    troubles.noteConnection()
    guard hasLostAll.load(ordering: .relaxed) else { return }
    hasLostAll.store(false, ordering: .relaxed)
    guard let away = troubles.returned(at: SystemTime().monotonic) else { return }
    log.limited(troubles.returns, .notice, "brokers are back", ["away": .duration(away)])
  }

  /// The right that an error found missing: to join the group, to write idempotently, or to read the named topic.
  private func missingRight(_ error: KafkaError) -> MissingRight? {
    if let group, let missing = MissingRight(error.code, for: .group(group), configuration) { return missing }
    // The code is the client's fatal error; the text contains the broker's.
    if error.isFatal, error.message.contains("Failed to acquire idempotence PID") {
      let code: KafkaError.Code = .clusterAuthorizationFailed
      return error.message.contains(code.words) ? MissingRight(code, for: .idempotence, configuration) : nil
    }
    let (before, after) = ("topic not available: ", ": Broker:")
    guard let start = error.message.range(of: before)?.upperBound,
      let end = error.message.range(of: after, from: start)?.lowerBound
    else { return nil }
    return MissingRight(error.code, for: .read(topic: String(error.message[start..<end])), configuration)
  }

  private func line(_ facility: String, _ text: String, _ priority: Int32) {
    guard let level = Self.level(facility, text, priority), level >= log.level else { return }
    let facts: LogMetadata = [
      "facility": .string(facility), "detail": .string(redaction.applied(to: Self.withoutThread(text))),
    ]
    if level == .debug {
      log.debug("librdkafka traces", facts)
    } else {
      log.limited(troubles.limit(ofFacility: facility), level, "librdkafka says", facts)
    }
  }

  /// The log level of a line of librdkafka; nil to drop it.
  static func level(_ facility: String, _ text: String, _ priority: Int32) -> LogLevel? {
    switch facility {
    // An error event reports the same with its code, so these are for debugging. REQTMOUT comes up to six times for
    // each connection. For transactions (TXNERR, ADDOFFSETS) the call itself fails with the same text. AUTOCREATE: a
    // broker, such as the mock cluster, is too old for the request not to create topics; the topics that statusd
    // requests exist.
    case "FAIL", "ERROR", "FATAL", "TXNERR", "ADDOFFSETS", "REQTMOUT", "SSLCERTVRFY", "AUTOCREATE": .debug
    // The coordinator is still loading, and librdkafka asks again.
    case "GETPID" where text.hasSuffix("retrying"): .debug
    case "CONFWARN" where isExpected(text): nil
    // Brokers answer this for a topic that the user may not describe. The missing right is reported separately.
    case "PARTCNT" where text.hasSuffix(" to 0"): .debug
    default: LogLevel(syslogPriority: priority)
    }
  }

  /// Whether a property warning is expected. One configuration serves all clients, so consumer properties reach
  /// producers and vice versa. `Producer` sets the experimental property on purpose.
  static func isExpected(_ warning: String) -> Bool {
    if warning.contains("enable.gapless.guarantee") { return true }
    return warning.hasSuffix("is a consumer property and will be ignored by this producer instance")
      || warning.hasSuffix("is a producer property and will be ignored by this consumer instance")
  }

  /// A log line without its thread prefix: `[thrd:main]: text`.
  static func withoutThread(_ text: String) -> String {
    guard text.hasPrefix("[thrd:") else { return text }
    var rest = text[...]
    while let end = rest.firstIndex(of: "]") {
      rest = rest[rest.index(after: end)...]
      if rest.hasPrefix(": ") { return String(rest.dropFirst(2)) }
    }
    return text
  }
}

extension Configuration {
  /// The effective value of a property: the last one set; nil if none is.
  func effective(_ names: String...) -> String? {
    asProperties.last { names.contains($0.name) }?.value
  }

  /// `host:port` of each broker in `brokers`, in librdkafka's form: without a protocol, with the port.
  var addresses: Set<String> {
    Set(
      brokers.split(separator: ",").map { entry in
        let name = entry.range(of: "://").map { entry[$0.upperBound...] } ?? entry
        let address = String(name.filter { $0 != " " })
        let isPortGiven = address.lastIndex(of: ":").map { !address[$0...].contains("]") } ?? false
        return isPortGiven ? address : address + ":9092"
      })
  }

  /// Whether no broker was connected, according to its clients, at some moment since `limit` before `now`.
  public func wereBrokersAway(within limit: Duration, of now: MonotonicTime) -> Bool {
    troubles.wereBrokersAway(within: limit, of: now)
  }

  /// The SASL mechanism in use, in capitals; nil without a login.
  var mechanism: String? {
    guard effective("security.protocol")?.lowercased().hasPrefix("sasl") == true else { return nil }
    return effective("sasl.mechanism", "sasl.mechanisms")?.uppercased() ?? "GSSAPI"
  }

  /// Whether connections are encrypted.
  var usesTLS: Bool { effective("security.protocol")?.lowercased().hasSuffix("ssl") == true }
}
