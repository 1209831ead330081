internal import Ccurl
import Platform
import Synchronization

/// Posts JSON to one web server: HTTP/1.1 over a connection that is kept, no redirects, TLS certificates checked. One
/// request at a time.
///
/// The process must ignore SIGPIPE, as `StandardDescriptors.secure` sees to.
final class HTTPClient: Sendable {
  /// The longest time for finding and reaching the server, part of the whole limit.
  private static let maxConnectLimit = Duration.seconds(5)

  /// What became of a request.
  enum Answer: Equatable {
    /// The server's status. `body`: its beginning. `date`: the server's clock.
    case status(Int, retryAfter: Duration?, date: WallTime?, body: [UInt8])
    /// There is none, for this reason.
    case none(String)
  }

  private let curl: Mutex<Curl>
  private let options: HTTPOptions
  private let stop: StopSignal

  /// Throws if no memory is left. The headers of `options` are sent by nobody but the caller, who may replace some.
  init(_ options: HTTPOptions, stop: StopSignal) throws(SystemError) {
    self.options = options
    self.stop = stop
    curl = Mutex(try Curl())
  }

  private var connectLimit: Duration { min(HTTPClient.maxConnectLimit, options.limit) }

  /// Posts `body` to `address`, with these headers.
  func post(_ body: [UInt8], to address: String, headers: [HeaderField]) -> Answer {
    // Without the empty Expect, a large body would wait for a server that has to agree first.
    guard let list = CurlList(headers.map(\.line) + ["Expect:"]) else { return .none("no memory is left") }
    let deadline = SystemTime().monotonic + options.limit
    let exchange = Exchange(stop: stop, limit: { _ in deadline })
    return body.withUnsafeBytes { bytes in
      curl.withLock { curl in
        curl.transfer(
          exchange, configure: { configure($0, bytes, address, list) && $0.trust(options.caFile) },
          then: { answer(to: exchange, $0, $1) })
      }
    }
  }

  private func configure(
    _ curl: borrowing CurlOptions, _ body: UnsafeRawBufferPointer, _ address: String, _ headers: borrowing CurlList
  ) -> Bool {
    let proxy = options.usesProxyOfEnvironment || curl.set(CURLOPT_PROXY, "")
    return proxy && curl.set(CURLOPT_URL, address) && curl.set(CURLOPT_PROTOCOLS_STR, "http,https")
      && curl.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)) && curl.set(CURLOPT_FOLLOWLOCATION, 0)
      && curl.set(CURLOPT_USERAGENT, "statusd-forward") && curl.set(CURLOPT_POST, 1)
      && curl.setSize(CURLOPT_POSTFIELDSIZE_LARGE, body.count) && curl.setBody(body)
      && curl.set(CURLOPT_HTTPHEADER, headers)
      && curl.set(CURLOPT_TIMEOUT_MS, Int(clamping: options.limit.wholeMilliseconds))
      && curl.set(
        CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: connectLimit.wholeMilliseconds))
  }

  /// Once there is a status it decides, whatever becomes of the rest of the answer.
  private func answer(to exchange: Exchange, _ end: Curl.End, _ curl: borrowing CurlAnswer) -> Answer {
    let status = curl.status
    if status >= 200 {
      let pause = curl.retryAfter > 0 ? min(Duration.seconds(curl.retryAfter), SendOutcome.maxPause) : nil
      let date = curl.date.map { WallTime(milliseconds: 0) + Duration.seconds($0) }
      return .status(status, retryAfter: pause, date: date, body: exchange.received)
    }
    switch end {
    case .stopped: return .none(StopSignal.reason)
    case .timedOut, .ended(CURLE_OPERATION_TIMEDOUT, _):
      return .none(
        curl.isConnected
          ? "no answer within \(options.limit.text)" : "no connection within \(connectLimit.text)")
    case .ended(CURLE_OK, _): return .none("no answer")
    case .ended(_, let reason): return .none(reason)
    }
  }
}

extension SendOutcome {
  /// What an answer means: 2xx has it; 408, 429, 5xx and answers that speak of the receiver (401, 403, 404, 405, 407,
  /// 410, 3xx) may change with time; any other 4xx refuses what was sent.
  ///
  /// - Parameter masks: what to hide in the beginning of a 4xx answer's body; nil leaves it out of the reason.
  init(_ answer: HTTPClient.Answer, masks: Masks? = nil) {
    switch answer {
    case .none(let reason): self = .later(reason: reason)
    case .status(let status, let pause, _, let body): self.init(status, pause, body, masks)
    }
  }

  private init(_ status: Int, _ pause: Duration?, _ body: [UInt8], _ masks: Masks?) {
    var reason = "HTTP status \(status)"
    if let masks, (400..<500).contains(status) { reason = Excerpt.appended(to: reason, body, hiding: masks) }
    switch status {
    case 200..<300: self = .delivered()
    case 401, 403, 404, 405, 407, 408, 410, 429: self = .later(after: pause, reason: reason)
    case 400..<500: self = .refused(reason: reason)
    default: self = .later(after: pause, reason: reason)
    }
  }
}
