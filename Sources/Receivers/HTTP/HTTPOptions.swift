/// How a web server is spoken to.
public struct HTTPOptions: Sendable {
  /// Headers of each request, such as `Authorization`.
  public var headers: [HeaderField] = []
  /// Trusted authorities, a PEM file; nil for those of the machine.
  public var caFile: String?
  /// Whether the proxy of the environment is used: `http_proxy`, `https_proxy` and `no_proxy`.
  public var usesProxyOfEnvironment = false
  /// The time for one attempt, from its beginning to the end of the answer.
  public var limit = Duration.seconds(10)

  /// The usual ones, without headers.
  public init() {}
}
