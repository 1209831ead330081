internal import Ccrypto
import Platform

/// Translates an error of librdkafka into a sentence that names the cause and facts that name the place.
struct ConnectionTrouble: Equatable {
  typealias Kind = ConnectionTroubleKind

  var kind: Kind
  var level: LogLevel
  /// `host:port`; empty if the error concerns no particular broker, or all of them.
  var broker: String
  var facts: LogMetadata

  /// - Parameters:
  ///   - refusal: the refusal of the certificate of `host:port`; nil if there was none.
  ///   - mechanism: the SASL mechanism in use, in capitals.
  ///   - libraryVersion: `rd_kafka_version()`.
  ///   - isListed: whether `bootstrap.servers` names this `host:port`.
  ///   - wasConnected: whether a broker has ever answered, which proves that encryption and login are set correctly.
  init(
    _ error: KafkaError, refusal: (String) -> ConnectionNotes.Refusal?, mechanism: String?, libraryVersion: Int32,
    isListed: (String) -> Bool, wasConnected: Bool
  ) {
    let (place, detail) = Self.split(error.message)
    broker = place ?? ""
    kind = .other
    level = .warning
    facts = place.map { ["broker": .string($0)] } ?? [:]

    switch error.code {
    case _ where error.isFatal || error.code == .fatal:
      kind = .fatal
      level = .error
    case .resolve:
      kind = .unresolvable
    case .allBrokersDown:
      kind = .allDown
      broker = ""
      facts = [:]
    case .authentication:
      level = .error
      kind = Self.login(detail, mechanism: mechanism, libraryVersion: libraryVersion)
      if let mechanism { facts.append("mechanism", .string(mechanism)) }
    case .tls:
      level = .error
      kind = Self.tls(detail, refusal(broker))
    case .transport:
      kind = Self.transport(detail)
    case .timedOut:
      kind = .timedOut
    case _ where error.code.isUnknownTopic:
      kind = .topicMissing
    default:
      break
    }
    switch kind {
    // A broker that shuts down may close the connection at any moment. If a broker has answered before, the settings
    // are right.
    case .halfTLS where wasConnected, .loginMissing where wasConnected:
      kind = .broken
      level = .warning
    case .halfTLS:
      level = .warning
    // An address that isn't in `bootstrap.servers` comes from the brokers' metadata.
    case .unresolvable, .refused, .timedOut:
      if !broker.isEmpty, !isListed(broker), error.code == .resolve || detail.contains("in state CONNECT") {
        kind = .advertised
      }
    default:
      break
    }
    switch kind {
    case .otherName:
      let names = refusal(broker)?.names ?? []
      facts.append("certificate_is_for", .string(names.isEmpty ? "no name" : names.joined(separator: ", ")))
    case .otherCertificate:
      if let verdict = refusal(broker)?.verdict { facts.append("verdict", .string(verdict)) }
    case .scramBug:
      facts.append("librdkafka", .string(Self.version(libraryVersion)))
    case .other:
      facts.append("error", .string(error.code.name))
    default:
      break
    }
    if kind != .allDown { facts.append("detail", .string(detail)) }
  }

  /// Turns it into a report of a missing right.
  mutating func tell(_ missing: MissingRight) {
    kind = .right
    level = .error
    // All brokers report the same, and each right gets its own rate limit.
    broker = missing.right
    facts.facts = missing.facts.facts + facts.facts.filter { $0.name != "broker" }
  }

  static func == (a: Self, b: Self) -> Bool { a.kind == b.kind && a.level == b.level && a.facts == b.facts }

  /// Splits off `host:port` from a message of the form `sasl_ssl://host:port/1: text` or `GroupCoordinator: host:port:
  /// text`. `broker` is nil if the message has another form.
  static func split(_ message: String) -> (broker: String?, detail: String) {
    let text = Reporter.withoutThread(message)
    for coordinator in ["GroupCoordinator: ", "TxnCoordinator: "] where text.hasPrefix(coordinator) {
      let rest = text.dropFirst(coordinator.count)
      if let end = rest.range(of: ": "), rest[..<end.lowerBound].contains(":") {
        return (String(rest[..<end.lowerBound]), String(rest[end.upperBound...]))
      }
    }
    guard let slash = text.range(of: "/", skipping: "://"), let colon = text.range(of: ": ", from: slash) else {
      return (nil, text)
    }
    var place = text[..<slash]
    if let scheme = place.range(of: "://") { place = place[scheme.upperBound...] }
    guard !place.isEmpty, !place.contains(" ") else { return (nil, text) }
    return (String(place), String(text[colon.upperBound...]))
  }

  private static func transport(_ detail: String) -> Kind {
    if let alert = tlsAlert(detail) { return alert }
    if detail.contains("refused") { return .refused }
    if detail.contains("timed out") || detail.contains("time-out") || detail.contains("timeout") { return .timedOut }
    if detail.contains("might require SASL") { return .loginMissing }
    return isCutAtBeginning(detail) ? .halfTLS : .broken
  }

  private static func login(_ detail: String, mechanism: String?, libraryVersion: Int32) -> Kind {
    let unsupported = ["nsupported SASL mechanism", "not supported by broker", "No provider", "mechanism handshake"]
    if unsupported.contains(where: { detail.contains($0) }) { return .mechanism }
    // librdkafka before 2.6.1 sends the client's nonce twice.
    if mechanism?.hasPrefix("SCRAM") == true, libraryVersion < 0x0206_01ff { return .scramBug }
    return .login
  }

  /// OpenSSL's verdicts, as `X509_verify_cert_error_string(3)` lists them.
  private static func tls(_ detail: String, _ refusal: ConnectionNotes.Refusal?) -> Kind {
    if let refusal, detail.contains("verif") || detail.contains("certificate") {
      switch refusal.error {
      case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_EMAIL_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: return .otherName
      case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CRL_HAS_EXPIRED: return .expired
      case X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CRL_NOT_YET_VALID: return .notYetValid
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_CERT_SIGNATURE_FAILURE,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
        X509_V_ERR_INVALID_CA, X509_V_ERR_NO_ISSUER_PUBLIC_KEY, X509_V_ERR_CERT_UNTRUSTED:
        return .wrongAuthority
      default: return .otherCertificate
      }
    }
    if let alert = tlsAlert(detail) { return alert }
    if detail.contains("wrong version number") { return .plaintext }
    return isCutAtBeginning(detail) ? .halfTLS : .tls
  }

  /// Whether the other side closed the connection before it sent anything. librdkafka then guesses at a reason.
  private static func isCutAtBeginning(_ detail: String) -> Bool {
    ["SSL listener", "PLAINTEXT", "unexpected eof"].contains { detail.contains($0) }
  }

  /// Whether the broker sent a TLS alert about our certificate: 42 to 46, 48 and 116 (RFC 8446, section 6.2).
  private static func tlsAlert(_ detail: String) -> Kind? {
    let numbers = [42, 43, 44, 45, 46, 48, 116]
    return numbers.contains { detail.contains("SSL alert number \($0) ") || detail.hasSuffix("SSL alert number \($0)") }
      ? .ownCertificate : nil
  }

  private static func version(_ number: Int32) -> String {
    "\(number >> 24 & 0xFF).\(number >> 16 & 0xFF).\(number >> 8 & 0xFF)"
  }
}

extension StringProtocol {
  /// The first occurrence of `word` at or after `start`.
  func range(of word: String, from start: Index? = nil) -> Range<Index>? {
    var index = start ?? startIndex
    while index < endIndex {
      if self[index...].hasPrefix(word) { return index..<self.index(index, offsetBy: word.count) }
      index = self.index(after: index)
    }
    return nil
  }

  /// The start of the first `word` after `prefix`, or anywhere if `prefix` doesn't occur.
  func range(of word: String, skipping prefix: String) -> Index? {
    let start = range(of: prefix)?.upperBound ?? startIndex
    return range(of: word, from: start)?.lowerBound
  }
}
