/// The connection to the brokers and the user's properties, shared by all clients of a process.
///
/// Each client adds the properties that statusd sets for its guarantees; they can't be overridden here (`reserved`).
/// Printing a configuration masks its secrets.
public struct Configuration: Sendable {
  /// `bootstrap.servers`: `host:port`, comma-separated.
  public var brokers: String
  /// `client.id`: the client's name in the brokers' logs.
  public var clientID: String
  /// The login; nil for none.
  public var sasl: SASL?
  /// TLS; nil for unencrypted connections.
  public var tls: TLS?
  /// Other properties of librdkafka, passed on in this order. `Configuration.complaint(about:value:)` checks one.
  public var properties: [(name: String, value: String)]
  /// Names of properties whose values come from variables and must not be shown, although their names don't look
  /// secret.
  public var hidden: Set<String> = []
  /// Log lines about the connection that replace the wrapper's own: those of a program with other names for its
  /// settings.
  public var sentences: [ConnectionTroubleKind: StaticString] = [:]
  /// The state of the connection as its clients have reported it.
  let troubles = TroubleBook()

  /// Brokers without login or encryption.
  public init(brokers: String, clientID: String = "statusd", properties: [(name: String, value: String)] = []) {
    self.brokers = brokers
    self.clientID = clientID
    self.properties = properties
  }

  /// A SASL login.
  public struct SASL: Sendable {
    /// `sasl.mechanism`: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `GSSAPI`, `OAUTHBEARER`.
    public var mechanism: String
    /// `sasl.username`; nil if the mechanism has none.
    public var username: String?
    /// `sasl.password`; nil if the mechanism has none.
    public var password: String?

    /// A login.
    public init(mechanism: String, username: String? = nil, password: String? = nil) {
      self.mechanism = mechanism
      self.username = username
      self.password = password
    }
  }

  /// TLS settings, as paths of PEM files.
  public struct TLS: Sendable {
    /// `ssl.ca.location`: the trusted authorities; nil for the machine's own.
    public var caFile: String?
    /// `ssl.certificate.location`: the client's certificate, if brokers request one.
    public var certificateFile: String?
    /// `ssl.key.location`: the key of that certificate.
    public var keyFile: String?

    /// TLS with these files.
    public init(caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
      self.caFile = caFile
      self.certificateFile = certificateFile
      self.keyFile = keyFile
    }
  }

  /// The effective `client.id`, which a property may have overridden.
  public var effectiveClientID: String { effective("client.id") ?? clientID }

  /// All settings as librdkafka's properties: the typed ones first, then `properties`. The last value of a name counts.
  var asProperties: [(name: String, value: String)] {
    var all: [(name: String, value: String)] = [("bootstrap.servers", brokers), ("client.id", clientID)]
    switch (sasl == nil, tls == nil) {
    case (true, true): break
    case (true, false): all.append(("security.protocol", "ssl"))
    case (false, true): all.append(("security.protocol", "sasl_plaintext"))
    case (false, false): all.append(("security.protocol", "sasl_ssl"))
    }
    func add(_ name: String, _ value: String?) {
      if let value { all.append((name, value)) }
    }
    add("sasl.mechanism", sasl?.mechanism)
    add("sasl.username", sasl?.username)
    add("sasl.password", sasl?.password)
    add("ssl.ca.location", tls?.caFile)
    add("ssl.certificate.location", tls?.certificateFile)
    add("ssl.key.location", tls?.keyFile)
    all.append(("reconnect.backoff.max.ms", "\(longestReconnectBackoff)"))
    return all + properties
  }

  /// The maximum pause between two connection attempts, in milliseconds. With librdkafka's default of 10,000 a client
  /// may reconnect ten seconds after its broker is back. It is at least the user's `reconnect.backoff.ms`, because
  /// librdkafka rejects a smaller maximum.
  private var longestReconnectBackoff: Int {
    let first = properties.last { $0.name == "reconnect.backoff.ms" }.flatMap { Int($0.value) } ?? 0
    return max(1000, min(first, 3_600_000))
  }

  /// The nonempty values that must not be shown. Hidden values shorter than 4 bytes aren't redacted: masking a `5`
  /// would protect nothing and remove every 5 from the log.
  var secrets: [String] {
    asProperties.filter { name, value in
      Self.isSecret(name) ? !value.isEmpty : hidden.contains(name) && value.utf8.count >= 4
    }.map(\.value)
  }

  /// Whether the value of this property must not be shown.
  func hides(_ name: String) -> Bool { Self.isSecret(name) || hidden.contains(name) }
}

extension Configuration: CustomStringConvertible, CustomReflectable {
  /// Names and values, one per line, with secrets as `…`.
  public var description: String {
    asProperties.map { "\($0.name) = \(hides($0.name) ? "…" : $0.value)" }.joined(separator: "\n")
  }

  /// The description, so that reflection (`dump`) shows no secret either.
  public var customMirror: Mirror { Mirror(self, children: ["properties": description]) }
}

extension Configuration.SASL: CustomStringConvertible, CustomReflectable {
  /// The mechanism and the user, never the password.
  public var description: String { "\(mechanism) \(username ?? "")" }

  /// The description, so that reflection (`dump`) shows no secret either.
  public var customMirror: Mirror { Mirror(self, children: ["login": description]) }
}
