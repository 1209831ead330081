/// What is wrong with the connection to a broker.
public enum ConnectionTroubleKind: Int, CaseIterable, Sendable {
  case unresolvable, refused, advertised, timedOut, broken, allDown
  case wrongAuthority, expired, notYetValid, otherName, otherCertificate, ownCertificate, tls, plaintext, halfTLS
  case login, scramBug, mechanism, loginMissing, right, topicMissing, fatal, other

  /// The constant sentence of this kind, with librdkafka's names of settings.
  public var sentence: StaticString {
    switch self {
    case .unresolvable:
      "the broker's host name has no address: check it for a typing error, and check DNS"
    case .refused: "the broker refuses connections: nothing listens on that port, or a firewall rejects them"
    case .advertised:
      "a broker can't be reached at its advertised address, which is not in bootstrap.servers: the broker is down, or its advertised.listeners is wrong for this host"
    case .timedOut: "the broker doesn't answer"
    case .broken: "the connection to the broker broke; the client connects again"
    case .allDown: "no broker is connected; the client keeps trying"
    case .wrongAuthority:
      "the broker's certificate was signed by an authority that is not trusted here: ssl.ca.location must name that authority's certificate"
    case .expired: "the broker's certificate, or one in its chain, has expired: renew it"
    case .notYetValid:
      "the broker's certificate is not valid yet: a clock is wrong, or the certificate was deployed too early"
    case .otherName:
      "the broker's certificate is for other names: connect by one of these, or get a certificate with this name"
    case .otherCertificate: "the broker's certificate was refused"
    case .ownCertificate:
      "the broker refuses the client's certificate, or got none: see ssl.certificate.location and ssl.key.location"
    case .tls: "TLS with the broker failed"
    case .plaintext:
      "the broker does not speak TLS on this port, but the client is set to use it: see security.protocol"
    // The broker only closes the connection, without a reason.
    case .halfTLS:
      "the broker closed the connection at once: it is starting or stopping; if this happens every time, only one side uses TLS: see security.protocol"
    case .login: "the broker refuses the login: user name or password is wrong"
    case .scramBug:
      "the broker refuses the login, though the credentials may be right: librdkafka before 2.6.1 has a SCRAM bug that Kafka 4 brokers reject; use librdkafka 2.6.1 or newer, or the mechanism PLAIN over TLS"
    case .mechanism: "the SASL mechanism can't be used: the broker doesn't offer it, or librdkafka lacks it"
    // The broker only closes the connection: it requires a login, or is shutting down.
    case .loginMissing:
      "the broker closed the connection; if this happens every time, it requires a login: see sasl.mechanism"
    case .right:
      "brokers refuse an operation because the client lacks a right; an administrator can grant it with this command"
    case .topicMissing: "a topic doesn't exist; the client reads it as soon as it does"
    case .fatal: "the Kafka client failed for good and is replaced"
    case .other: "Kafka reports an error"
    }
  }
}
