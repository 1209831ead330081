import Kafka

/// What the log says about a connection where the remedy is a key of the configuration file.
enum ConnectionSentences {
  static let all: [ConnectionTroubleKind: StaticString] = [
    .unresolvable: "the broker's host name has no address: check [kafka] brokers for a typing error, and check DNS",
    .advertised:
      "a broker can't be reached at its advertised address, which is not in [kafka] brokers: the broker is down, or its advertised.listeners is wrong for this host",
    .broken: "the connection to the broker broke; statusd connects again",
    .allDown: "no broker is connected; statusd keeps trying",
    .wrongAuthority:
      "the broker's certificate was signed by an authority that is not trusted here: [kafka.tls] ca_file must name that authority's certificate",
    .ownCertificate:
      "the broker refuses statusd's certificate, or got none: see [kafka.tls] certificate_file and key_file",
    .plaintext: "the broker does not speak TLS on this port, but statusd is set to use it: see [kafka.tls]",
    .halfTLS:
      "the broker closed the connection at once: it is starting or stopping; if this happens every time, only one side uses TLS: see [kafka.tls]",
    .loginMissing:
      "the broker closed the connection; if this happens every time, it requires a login: see [kafka.sasl]",
    .right:
      "brokers refuse an operation because statusd lacks a right; an administrator can grant it with this command",
    .topicMissing: "a topic doesn't exist; statusd reads it as soon as it does",
  ]
}
