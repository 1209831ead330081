internal import Ccurl
import Platform

/// libcurl's two handles: one transfer at a time, over a connection that is kept for the next one.
///
/// Both may move from thread to thread between calls, so one owner behind a lock may be shared.
struct Curl: ~Copyable, @unchecked Sendable {
  private let easy: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer

  /// Once a process, before the first handle; safe from several threads since libcurl 7.84.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Throws if there is no memory.
  init() throws(SystemError) {
    guard Curl.isReady, let easy = curl_easy_init() else { throw SystemError(call: "curl_easy_init", code: 12) }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
      throw SystemError(call: "curl_multi_init", code: 12)
    }
    self.easy = easy
    self.multi = multi
  }

  deinit {
    curl_multi_cleanup(multi)
    curl_easy_cleanup(easy)
  }

  /// How a transfer ended.
  enum End: Equatable {
    /// By itself: libcurl's code, and the text for it, which names no address.
    case ended(CURLcode, String)
    /// It took too long.
    case timedOut
    /// The stop token said stop.
    case stopped
  }

  /// Runs one transfer, which ends at the latest when its exchange says so.
  ///
  /// - Parameters:
  ///   - configure: sets the options, of which none is left from an earlier transfer; false if libcurl refuses one.
  ///   - body: reads what is wanted of the answer, before the handles are used again.
  func transfer<Result>(
    _ exchange: Exchange, configure: (borrowing CurlOptions) -> Bool, then body: (End, borrowing CurlAnswer) -> Result
  ) -> Result {
    // Nothing in the handle may point to what is gone then.
    defer { curl_easy_reset(easy) }
    let options = CurlOptions(easy: easy)
    guard options.setCommon(for: exchange), configure(options), curl_multi_add_handle(multi, easy) == CURLM_OK else {
      return body(.ended(CURLE_FAILED_INIT, "libcurl refuses an option"), CurlAnswer(easy: easy))
    }
    let end = withExtendedLifetime(exchange) { run(exchange) }
    let result = body(end, CurlAnswer(easy: easy))
    // Ends what is still under way.
    curl_multi_remove_handle(multi, easy)
    return result
  }

  /// A stop or a passed limit ends the transfer inside `curl_multi_perform`, by the progress callback. To take away a mail
  /// under way would end it well: libcurl then tells the server that the message is complete.
  private func run(_ exchange: Exchange) -> End {
    var running: Int32 = 0
    var isOverdue = false
    while curl_multi_perform(multi, &running) == CURLM_OK {
      let result = statusd_curl_result(multi)
      if isAborted(result) { return exchange.stop.isStopped ? .stopped : .timedOut }
      if result >= 0 {
        let code = CURLcode(rawValue: UInt32(result))
        return .ended(code, text(of: code))
      }
      // The callback wasn't called, since there is no connection yet.
      if isOverdue { return exchange.stop.isStopped ? .stopped : .timedOut }
      isOverdue = exchange.isOverdue
      if isOverdue { continue }
      let left = (exchange.limit - SystemTime().monotonic).wholeMilliseconds
      var bell = curl_waitfd(fd: exchange.stop.fileDescriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
      // A millisecond more, so that the limit has passed when it wakes.
      guard curl_multi_poll(multi, &bell, 1, Int32(clamping: max(0, left) + 1), nil) == CURLM_OK else { break }
    }
    return .ended(CURLE_FAILED_INIT, "libcurl's loop fails")
  }

  /// Whether the exchange ended it inside libcurl.
  private func isAborted(_ result: Int32) -> Bool { result == Int32(CURLE_ABORTED_BY_CALLBACK.rawValue) }

  /// libcurl's constant sentence, with the reason of the system, or of a certificate, where it knows one.
  private func text(of code: CURLcode) -> String {
    let sentence = curl_easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
    if code == CURLE_PEER_FAILED_VERIFICATION {
      let why = statusd_curl_long(easy, CURLINFO_SSL_VERIFYRESULT)
      // 1 says nothing: it is what libcurl begins with, and leaves there if the certificate has another name.
      if why == 0 { return sentence }
      return why == 1 ? "\(sentence): perhaps it is for another host" : "\(sentence): \(certificateProblem(why))"
    }
    let error = statusd_curl_long(easy, CURLINFO_OS_ERRNO)
    return code == CURLE_COULDNT_CONNECT && error > 0
      ? "\(sentence): \(SystemError.text(of: Int32(clamping: error)))" : sentence
  }
}
