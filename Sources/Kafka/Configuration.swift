/// How the brokers are reached and what the user has set: what all clients of a process have in common.
///
/// What statusd sets for its guarantees is added by each client and can't be overridden here (`reserved`). Printing a
/// configuration masks what is secret.
public struct Configuration: Sendable {
  /// `bootstrap.servers`: `host:port`, comma-separated.
  public var brokers: String
  /// `client.id`: who we are in the brokers' logs.
  public var clientID: String
  /// The login; nil: none.
  public var sasl: SASL?
  /// TLS; nil: not encrypted.
  public var tls: TLS?
  /// Any other property of librdkafka, handed on as it is, in this order; `Configuration.complaint(about:value:)` says
  /// what is wrong with one.
  public var properties: [(name: String, value: String)]
  /// Names of properties whose values must appear nowhere, though their names don't say so: they come from variables.
  public var hidden: Set<String> = []
  /// What its clients have said of the connection.
  let troubles = TroubleBook()

  /// Brokers without login or encryption.
  public init(brokers: String, clientID: String = "statusd", properties: [(name: String, value: String)] = []) {
    self.brokers = brokers
    self.clientID = clientID
    self.properties = properties
  }

  /// Who logs in.
  public struct SASL: Sendable {
    /// `sasl.mechanism`: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `GSSAPI`, `OAUTHBEARER`.
    public var mechanism: String
    /// `sasl.username`, where the mechanism has one.
    public var username: String?
    /// `sasl.password`, where the mechanism has one.
    public var password: String?

    /// A login.
    public init(mechanism: String, username: String? = nil, password: String? = nil) {
      self.mechanism = mechanism
      self.username = username
      self.password = password
    }
  }

  /// Encryption, and who is trusted. Paths of PEM files.
  public struct TLS: Sendable {
    /// `ssl.ca.location`: the authorities that are trusted; nil: the machine's own.
    public var caFile: String?
    /// `ssl.certificate.location`: the client's certificate, where brokers ask for one.
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

  /// `client.id` as it is in force: a property may have changed it.
  public var effectiveClientID: String { effective("client.id") ?? clientID }

  /// Everything as librdkafka's properties: what is typed first, then `properties`, where the last of a name counts.
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

  /// Milliseconds from one try to reach a broker to the next, at most. At librdkafka's 10,000 a client comes back up to
  /// ten seconds after its broker. Where the user has set the first pause alone, librdkafka refuses a smaller limit.
  private var longestReconnectBackoff: Int {
    let first = properties.last { $0.name == "reconnect.backoff.ms" }.flatMap { Int($0.value) } ?? 0
    return max(1000, min(first, 3_600_000))
  }

  /// The values that must appear nowhere, without empty ones. Of those that are hidden for where they come from, the
  /// shortest aren't looked for in texts: a `5` would hide nothing, and take every 5 out of the log.
  var secrets: [String] {
    asProperties.filter { name, value in
      Self.isSecret(name) ? !value.isEmpty : hidden.contains(name) && value.utf8.count >= 4
    }.map(\.value)
  }

  /// Whether the value of this property must appear nowhere.
  func hides(_ name: String) -> Bool { Self.isSecret(name) || hidden.contains(name) }
}

extension Configuration: CustomStringConvertible, CustomReflectable {
  /// Names and values, one a line, secrets as `…`.
  public var description: String {
    asProperties.map { "\($0.name) = \(hides($0.name) ? "…" : $0.value)" }.joined(separator: "\n")
  }

  /// The description: reflection, as by `dump`, shows no secret either.
  public var customMirror: Mirror { Mirror(self, children: ["properties": description]) }
}

extension Configuration.SASL: CustomStringConvertible, CustomReflectable {
  /// The mechanism and the user; never the password.
  public var description: String { "\(mechanism) \(username ?? "")" }

  /// The description: reflection, as by `dump`, shows no secret either.
  public var customMirror: Mirror { Mirror(self, children: ["login": description]) }
}
