internal import Crdkafka
import Platform

/// Turns librdkafka's logs and errors into our own lines: constant sentences and facts, rate-limited, without secrets.
///
/// Used by the one thread that polls the client.
final class Reporter: Sendable {
  let redaction: Redaction
  private let log: Logger
  private let notes: ConnectionNotes
  /// The SASL mechanism in use, in capitals; nil: no login.
  private let mechanism: String?
  private let troubles: TroubleBook
  private let lines = RateLimit(20, per: .seconds(30))

  init(log: Logger, redaction: Redaction, notes: ConnectionNotes, mechanism: String?, troubles: TroubleBook) {
    self.log = log
    self.redaction = redaction
    self.notes = notes
    self.mechanism = mechanism
    self.troubles = troubles
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
    let trouble = ConnectionTrouble(
      error, refusal: notes.refusal(of:), mechanism: mechanism, libraryVersion: rd_kafka_version())
    let limit = troubles.limit(of: trouble.kind, broker: trouble.broker)
    log.limited(limit, trouble.level, trouble.sentence, trouble.facts)
  }

  private func line(_ facility: String, _ text: String, _ priority: Int32) {
    var level = LogLevel(syslogPriority: priority)
    // An error event says the same, and it comes with its code. AUTOCREATE: a broker, such as the mock cluster, is too
    // old to be told not to create topics; what statusd asks for exists.
    if ["FAIL", "ERROR", "SSLCERTVRFY", "AUTOCREATE"].contains(facility) { level = .debug }
    // Experimental, as every client that sets it is told: `Producer` does, knowingly.
    if facility == "CONFWARN", text.contains("enable.gapless.guarantee") { return }
    guard level >= log.level else { return }
    let facts: LogMetadata = [
      "facility": .string(facility), "detail": .string(redaction.applied(to: Self.withoutThread(text))),
    ]
    if level == .debug {
      log.debug("librdkafka traces", facts)
    } else {
      log.limited(lines, level, "librdkafka says", facts)
    }
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

  /// The SASL mechanism in use, in capitals; nil: no login.
  var mechanism: String? {
    guard effective("security.protocol")?.lowercased().hasPrefix("sasl") == true else { return nil }
    return effective("sasl.mechanism", "sasl.mechanisms")?.uppercased() ?? "GSSAPI"
  }

  /// Whether connections are encrypted.
  var usesTLS: Bool { effective("security.protocol")?.lowercased().hasSuffix("ssl") == true }
}
