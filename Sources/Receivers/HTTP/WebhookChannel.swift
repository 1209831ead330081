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
    /// How the server is spoken to. `Content-Type` is `application/json` if it isn't among the headers.
    public var http = HTTPOptions()

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
    client = try HTTPClient(options.http, stop: stop)
    let words = options.http.headers.flatMap { [$0.value] + $0.value.split(separator: " ").map(String.init) }
    masks = Masks(options.address.parts + words + (options.secret.map { [String(decoding: $0, as: UTF8.self)] } ?? []))
  }

  /// One request. The reason of a 4xx answer has the first 200 characters of its body, without parts of the address and
  /// of headers.
  public func send(_ notification: Notification) -> SendOutcome {
    let body = options.body?.body(for: notification) ?? notification.json
    var headers = options.http.headers
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
