public import Platform

/// Posts notifications to an address.
public final class WebhookChannel: Channel {
  /// A webhook as configured.
  public struct Options: Sendable {
    /// Where to.
    public var address: WebAddress
    /// The body; nil for `Notification.json`.
    public var body: BodyTemplate?
    /// Signs each request; nil for none. See `Signature`.
    public var secret: [UInt8]?
    /// Headers of each request. `Content-Type` is `application/json` if it isn't among them.
    public var headers: [HeaderField] = []
    /// Trusted authorities, a PEM file; nil for those of the machine.
    public var caFile: String?
    /// Whether the proxy of the environment is used.
    public var usesProxyOfEnvironment = false
    /// The time for one attempt.
    public var limit = Duration.seconds(10)

    /// A webhook with the defaults.
    public init(address: WebAddress) { self.address = address }
  }

  private let options: Options
  private let client: HTTPClient
  private let masks: Masks
  private let time: any TimeSource

  /// Throws if no memory is left. `time` is for the signature's timestamp.
  public init(_ options: Options, stop: StopSignal, time: any TimeSource = SystemTime()) throws(SystemError) {
    self.options = options
    self.time = time
    client = try HTTPClient(
      .init(
        caFile: options.caFile, usesProxyOfEnvironment: options.usesProxyOfEnvironment, limit: options.limit),
      stop: stop)
    let words = options.headers.flatMap { [$0.value] + $0.value.split(separator: " ").map(String.init) }
    masks = Masks(options.address.parts + words + (options.secret.map { [String(decoding: $0, as: UTF8.self)] } ?? []))
  }

  /// One request. The reason of a 4xx answer has the first 200 characters of its body, without parts of the address and
  /// of headers.
  public func send(_ notification: Notification) -> SendOutcome {
    let body = options.body?.body(for: notification) ?? notification.json
    var headers = options.headers
    if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      headers.append(HeaderField(own: "Content-Type", "application/json"))
    }
    headers.append(HeaderField(own: "Idempotency-Key", notification.id))
    if let secret = options.secret {
      let timestamp = time.wall.milliseconds / 1000
      guard let signature = Signature.of(body, timestamp: timestamp, secret: secret) else {
        return .later(reason: "OpenSSL makes no signature")
      }
      headers.append(HeaderField(own: "X-Statusd-Timestamp", "\(timestamp)"))
      headers.append(HeaderField(own: "X-Statusd-Signature", signature))
    }
    return SendOutcome(client.post(body, to: options.address.text, headers: headers), masks: masks)
  }
}
