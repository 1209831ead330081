/// `[kafka]`: the connection to the brokers.
public struct Connection: Equatable, Sendable {
  /// `host:port`, comma-separated.
  public var brokers: String
  /// `[kafka.sasl]`; nil without login.
  public var sasl: SASL?
  /// `[kafka.tls]`; nil without encryption.
  public var tls: TLS?
  /// `[kafka.properties]`, in the order of the file: librdkafka's own properties, passed on unchanged.
  public var properties: [Property]

  /// Brokers without login or encryption.
  public init(brokers: String) {
    self.brokers = brokers
    sasl = nil
    tls = nil
    properties = []
  }

  /// `[kafka.sasl]`: the login.
  public struct SASL: Equatable, Sendable {
    /// The mechanisms that librdkafka knows.
    public static let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI", "OAUTHBEARER"]

    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `GSSAPI` or `OAUTHBEARER`.
    public var mechanism: String
    /// The user; nil if the mechanism needs none.
    public var username: String?
    /// The password; nil if the mechanism needs none.
    public var password: Secret?

    /// A login.
    public init(mechanism: String, username: String? = nil, password: Secret? = nil) {
      self.mechanism = mechanism
      self.username = username
      self.password = password
    }
  }

  /// `[kafka.tls]`: its presence switches TLS on. Paths of PEM files.
  public struct TLS: Equatable, Sendable {
    /// Certificates of the trusted authorities; nil for the machine's own.
    public var caFile: String?
    /// The client's certificate, if brokers require one.
    public var certificateFile: String?
    /// The key of that certificate.
    public var keyFile: String?

    /// TLS with these files.
    public init(caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
      self.caFile = caFile
      self.certificateFile = certificateFile
      self.keyFile = keyFile
    }
  }

  /// One property of librdkafka.
  public struct Property: Equatable, Sendable {
    /// The property's name, such as `linger.ms`.
    public var name: String
    /// Its value, as text.
    public var value: Value

    /// The property `name` with `value`.
    public init(name: String, value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// The value of a property.
  public enum Value: Equatable, Sendable {
    /// A value that may be shown.
    case plain(String)
    /// A value that may not be shown: the property is a secret by its name, or the value comes from a variable.
    case secret(Secret)

    /// The value itself.
    public func reveal() -> String {
      switch self {
      case .plain(let text): text
      case .secret(let secret): secret.reveal()
      }
    }
  }
}
