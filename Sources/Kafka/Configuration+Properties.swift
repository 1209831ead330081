internal import Crdkafka
import Platform

extension Configuration {
  /// A problem with one of the user's properties.
  public struct Complaint: Equatable, Sendable {
    /// The problem, for people. Never contains the value of a secret or unknown property.
    public var message: String
    /// The name that was probably meant; nil if there is none.
    public var suggestion: String?
  }

  /// The problem with the property `name` = `value` according to librdkafka; nil if there is none.
  ///
  /// `validate` checks the files that properties name, and problems that only the combination of properties shows.
  public static func complaint(about name: String, value: String) -> Complaint? {
    if let why = reserved[name] {
      return Complaint(message: "'\(name)' can't be set: \(why)", suggestion: nil)
    }
    guard isProperty(name) else {
      let suggestion = nearestProperty(to: name)
      let meant = suggestion.map { ", did you mean '\($0)'?" } ?? ""
      return Complaint(message: "librdkafka has no property '\(name)'\(meant)", suggestion: suggestion)
    }
    guard let conf = rd_kafka_conf_new() else { return nil }
    defer { rd_kafka_conf_destroy(conf) }
    return refusal(of: name, value: value, by: conf).map { Complaint(message: $0, suggestion: nil) }
  }

  /// The problem of the whole configuration, such as an unreadable file or a key without its certificate; nil if there
  /// is none. Makes no connection and has no other side effects.
  public func validate() -> KafkaError? {
    do {
      let conf = ClientConfiguration()
      try conf.set(self)
      // A Kerberos login would run a program (sasl.kerberos.kinit.cmd), and an OIDC login would request a token from
      // its server, so leave SASL out. OpenSSL's engines and providers are code, so they aren't loaded.
      let fetchesTokens = mechanism == "OAUTHBEARER" && effective("sasl.oauthbearer.method")?.lowercased() == "oidc"
      if mechanism == "GSSAPI" || fetchesTokens {
        try conf.set("security.protocol", usesTLS ? "ssl" : "plaintext")
      }
      if Self.code.contains(where: { effective($0) != nil }) { return nil }
      try conf.set("bootstrap.servers", "")
      try conf.set("log.queue", "true")
      rd_kafka_destroy(try conf.makeClient(RD_KAFKA_PRODUCER, of: self))
      return nil
    } catch {
      return error
    }
  }

  /// Properties that make a client load code.
  private static let code = ["ssl.engine.location", "ssl.engine.id", "ssl.providers"]

  /// Properties that users can't set, each with the reason.
  public static let reserved: [String: String] = {
    let guarantee = "statusd sets it for its guarantees"
    let typed = "it has a setting of its own"
    let internals = "it makes no sense in a file"
    return [
      "acks": guarantee, "request.required.acks": guarantee, "enable.idempotence": guarantee,
      "enable.gapless.guarantee": guarantee, "max.in.flight": guarantee,
      "max.in.flight.requests.per.connection": guarantee, "retries": guarantee, "message.send.max.retries": guarantee,
      "message.timeout.ms": guarantee, "delivery.timeout.ms": guarantee, "queuing.strategy": guarantee,
      "partitioner": guarantee, "transactional.id": guarantee, "transaction.timeout.ms": guarantee,
      "isolation.level": guarantee, "enable.auto.commit": guarantee, "auto.commit.enable": guarantee,
      "auto.commit.interval.ms": guarantee, "enable.auto.offset.store": guarantee, "auto.offset.reset": guarantee,
      "offset.store.method": guarantee, "offset.store.path": guarantee, "enable.partition.eof": guarantee,
      "partition.assignment.strategy": guarantee, "consume.callback.max.messages": guarantee,
      "produce.offset.report": guarantee, "delivery.report.only.error": guarantee, "group.protocol": guarantee,
      "group.remote.assignor": guarantee, "group.instance.id": guarantee, "allow.auto.create.topics": guarantee,
      "group.id": typed, "bootstrap.servers": typed, "metadata.broker.list": typed,
      "builtin.features": internals, "log.queue": internals, "log.thread.name": internals, "log_level": internals,
      "enabled_events": internals, "opaque": internals, "default_topic_conf": internals, "interceptors": internals,
      "error_cb": internals, "throttle_cb": internals, "stats_cb": internals, "log_cb": internals,
      "socket_cb": internals, "connect_cb": internals, "closesocket_cb": internals, "open_cb": internals,
      "resolve_cb": internals, "background_event_cb": internals, "rebalance_cb": internals,
      "offset_commit_cb": internals, "consume_cb": internals, "dr_cb": internals, "dr_msg_cb": internals,
      "ssl.certificate.verify_cb": internals, "oauthbearer_token_refresh_cb": internals,
      "ssl_certificate": internals, "ssl_key": internals, "ssl_ca": internals, "ssl_engine_callback_data": internals,
      "partitioner_cb": internals, "msg_order_cmp": internals, "sasl.oauthbearer.token.refresh.cb": internals,
      "statistics.interval.ms": "statusd sets it where it needs it", "plugin.library.paths": internals,
    ]
  }()

  /// Whether the value of this property must not be shown. True for the properties that librdkafka calls sensitive
  /// (except user names and file paths), and for unknown or misspelt names that look like a secret.
  public static func isSecret(_ name: String) -> Bool {
    let name = name.lowercased()
    if secretNames.contains(name) { return true }
    if name.hasSuffix(".file") || name.hasSuffix(".location") { return false }
    let parts = ["password", "passwd", "passphrase", "secret", "token.value", "private.key", "credential"]
    if parts.contains(where: { name.contains($0) }) { return true }
    return !knownNames.contains(name) && suggestion(for: name, among: secretNames) != nil
  }

  private static let secretNames: Set = [
    "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "ssl_key", "sasl.oauthbearer.config",
    "sasl.oauthbearer.client.secret", "sasl.oauthbearer.assertion.private.key.pem",
  ]

  /// The names of all properties of this librdkafka, including aliases.
  static let knownNames: Set<String> = {
    var names = Set(reserved.keys)
    names.formUnion(aliases)
    if let conf = rd_kafka_conf_new() {
      names.formUnion(namesOfDump { rd_kafka_conf_dump(conf, $0) })
      rd_kafka_conf_destroy(conf)
    }
    if let conf = rd_kafka_topic_conf_new() {
      names.formUnion(namesOfDump { rd_kafka_topic_conf_dump(conf, $0) })
      rd_kafka_topic_conf_destroy(conf)
    }
    return names
  }()

  /// Aliases and properties without a default value, which librdkafka's dump leaves out.
  private static let aliases = [
    "sasl.mechanism", "sasl.mechanisms", "compression.codec", "compression.type", "linger.ms",
    "queue.buffering.max.ms", "fetch.message.max.bytes", "max.partition.fetch.bytes",
    "sasl.username", "sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.key.location", "ssl.certificate.pem",
    "ssl.certificate.location", "ssl.ca.location", "ssl.ca.pem", "ssl.crl.location", "ssl.keystore.location",
    "ssl.keystore.password", "ssl.cipher.suites", "ssl.curves.list", "ssl.sigalgs.list", "ssl.engine.location",
    "ssl.engine.id", "ssl.providers", "sasl.kerberos.keytab", "sasl.oauthbearer.config",
    "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.scope",
    "sasl.oauthbearer.extensions", "sasl.oauthbearer.token.endpoint.url", "client.rack", "debug",
    "topic.blacklist", "broker.version.fallback",
  ]

  /// The names from an array of alternating names and values that `dump` returns.
  private static func namesOfDump(
    _ dump: (UnsafeMutablePointer<Int>) -> UnsafeMutablePointer<UnsafePointer<CChar>?>?
  ) -> [String] {
    var count = 0
    guard let entries = dump(&count) else { return [] }
    defer { rd_kafka_conf_dump_free(entries, count) }
    return stride(from: 0, to: count, by: 2).compactMap { entries[$0].map { String(cString: $0) } }
  }

  /// Whether this librdkafka has a property with that name.
  static func isProperty(_ name: String) -> Bool {
    guard let conf = rd_kafka_conf_new() else { return false }
    defer { rd_kafka_conf_destroy(conf) }
    return rd_kafka_conf_set(conf, name, "", nil, 0) != RD_KAFKA_CONF_UNKNOWN
  }

  /// The known name that `name` was probably meant to be; nil if there is none.
  private static func nearestProperty(to name: String) -> String? {
    suggestion(for: name, among: knownNames.filter { reserved[$0] == nil }.sorted())
  }
}
