internal import Crdkafka
import Platform
import Synchronization

/// Turns librdkafka's logs and errors into our own lines: constant sentences and facts, rate-limited, without secrets.
///
/// Used by the one thread that polls the client.
final class Reporter: Sendable {
  let redaction: Redaction
  private let log: Logger
  private let notes: ConnectionNotes
  /// The SASL mechanism in use, in capitals; nil: no login.
  private let mechanism: String?
  private let configuration: Configuration
  /// The group that the client is a member of, or would be.
  private let group: String?
  private var troubles: TroubleBook { configuration.troubles }
  /// What `bootstrap.servers` names, as librdkafka names brokers.
  private let listed: Set<String>
  /// This client found all brokers gone, and has had no answer since.
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

  /// Takes an event of a log line or an error; false: it is neither.
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

  /// The error that an event carries.
  func error(of event: OpaquePointer) -> KafkaError {
    let code = rd_kafka_event_error(event)
    let message = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
    return KafkaError(
      code: KafkaError.Code(code), message: redaction.applied(to: message),
      isFatal: rd_kafka_event_error_is_fatal(event) != 0)
  }

  /// Says an error of the connection in words that name what to do.
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
    log.limited(limit, trouble.level, trouble.sentence, trouble.facts)
  }

  /// A broker has answered: says so where none was connected for a while.
  ///
  /// Only of a client that has found all brokers gone: what another one takes up now may be an answer from before.
  func noteAnswer() {
    troubles.noteConnection()
    guard hasLostAll.load(ordering: .relaxed) else { return }
    hasLostAll.store(false, ordering: .relaxed)
    guard let away = troubles.returned(at: SystemTime().monotonic) else { return }
    log.limited(troubles.returns, .notice, "brokers are back", ["away": .duration(away)])
  }

  /// The right that an error tells of: to be in the group, to write idempotently, to read the topic that it names.
  private func missingRight(_ error: KafkaError) -> MissingRight? {
    if let group, let missing = MissingRight(error.code, for: .group(group), configuration) { return missing }
    // The code is that of a client which can't go on; the words are the broker's.
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

  /// How important a line of librdkafka's is to people; nil: it tells nobody anything.
  static func level(_ facility: String, _ text: String, _ priority: Int32) -> LogLevel? {
    switch facility {
    // An error event says the same, and it comes with its code; of requests that timed out (REQTMOUT), too, which have up
    // to six lines for each connection. AUTOCREATE: a broker, such as the mock cluster, is too old to be told not to
    // create topics; what statusd asks for exists. ADDOFFSETS, TXNERR: the call for the transaction fails with the same
    // words.
    case "FAIL", "ERROR", "FATAL", "REQTMOUT", "SSLCERTVRFY", "AUTOCREATE", "ADDOFFSETS", "TXNERR": .debug
    // A coordinator that is still loading is asked again.
    case "GETPID" where text.hasSuffix("retrying"): .debug
    case "CONFWARN" where isExpected(text): nil
    default: LogLevel(syslogPriority: priority)
    }
  }

  /// Whether a warning on a property tells nobody anything. One file serves all clients: a property of consumers is none
  /// of a producer's, and the other way round. What is experimental is set by `Producer`, knowingly.
  static func isExpected(_ warning: String) -> Bool {
    if warning.contains("enable.gapless.guarantee") { return true }
    return warning.hasSuffix("is a consumer property and will be ignored by this producer instance")
      || warning.hasSuffix("is a producer property and will be ignored by this consumer instance")
  }

  /// A log line without the thread that wrote it: `[thrd:main]: text`.
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
  /// The value that counts of a property: the last one written.
  func effective(_ names: String...) -> String? {
    asProperties.last { names.contains($0.name) }?.value
  }

  /// `host:port` of each broker in `brokers`, as librdkafka names them: without a protocol, with the port.
  var addresses: Set<String> {
    Set(
      brokers.split(separator: ",").map { entry in
        let name = entry.range(of: "://").map { entry[$0.upperBound...] } ?? entry
        let address = String(name.filter { $0 != " " })
        let isPortGiven = address.lastIndex(of: ":").map { !address[$0...].contains("]") } ?? false
        return isPortGiven ? address : address + ":9092"
      })
  }

  /// Whether all clients of this configuration found all brokers gone at some moment since `limit` before `now`.
  public func wereBrokersAway(within limit: Duration, of now: MonotonicTime) -> Bool {
    troubles.wereBrokersAway(within: limit, of: now)
  }

  /// The SASL mechanism in use, in capitals; nil: no login.
  var mechanism: String? {
    guard effective("security.protocol")?.lowercased().hasPrefix("sasl") == true else { return nil }
    return effective("sasl.mechanism", "sasl.mechanisms")?.uppercased() ?? "GSSAPI"
  }

  /// Whether connections are encrypted.
  var usesTLS: Bool { effective("security.protocol")?.lowercased().hasSuffix("ssl") == true }
}
