import JSON
public import Platform

/// Posts alerts to Alertmanager (`/api/v2/alerts`).
public final class AlertmanagerChannel: Sendable {
  /// An Alertmanager as configured.
  public struct Options: Sendable {
    /// Where alerts are posted to. Never for a log.
    let target: String
    /// How Alertmanager is spoken to. A `Content-Type` among the headers is left out: it is always `application/json`.
    public var http = HTTPOptions()

    /// `address` is the one that Alertmanager has for people, without `/api/v2/alerts`. Throws if it has a query.
    public init(address: WebAddress) throws(ReceiverProblem) {
      guard let target = address.appending(path: "/api/v2/alerts") else {
        throw ReceiverProblem("the address of Alertmanager has a query (?…): leave it out")
      }
      self.target = target
    }
  }

  /// What came back.
  public struct Answer: Equatable, Sendable {
    /// How the attempt ended.
    public var outcome: SendOutcome
    /// Alertmanager's clock minus ours, to the second, rounded down; nil if there was no answer with a date.
    public var ahead: Duration?
  }

  private let options: Options
  private let client: HTTPClient
  private let time: any TimeSource

  /// Throws if no memory is left. `time` is compared with Alertmanager's clock.
  public init(_ options: Options, stop: StopSignal, time: any TimeSource = SystemTime()) throws(SystemError) {
    self.options = options
    self.time = time
    client = try HTTPClient(options.http, stop: stop)
  }

  /// One request with all of `alerts`, whose number the caller bounds. Alertmanager takes those that it accepts, also if
  /// it refuses others.
  public func send(_ alerts: [AlertmanagerAlert]) -> Answer {
    var writer = Writer(capacity: 512 * alerts.count)
    writer.beginArray()
    for alert in alerts { alert.encode(into: &writer) }
    writer.endArray()
    let headers = options.http.headers.filter { $0.name.lowercased() != "content-type" }
    let type = HeaderField(own: "Content-Type", "application/json")
    let answer = client.post(writer.bytes, to: options.target, headers: headers + [type])
    var ahead: Duration?
    if case .status(_, _, let date?, _) = answer { ahead = date - time.wall }
    return Answer(outcome: SendOutcome(answer), ahead: ahead)
  }
}
