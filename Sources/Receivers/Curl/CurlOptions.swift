internal import Ccurl
import Platform

/// The options of one transfer. Each setter says whether libcurl accepts it.
struct CurlOptions: ~Copyable {
  private let easy: UnsafeMutableRawPointer

  init(easy: UnsafeMutableRawPointer) { self.easy = easy }

  func set(_ option: CURLoption, _ value: Int) -> Bool { statusd_curl_set_long(easy, option, value) == CURLE_OK }
  func set(_ option: CURLoption, _ value: String?) -> Bool { statusd_curl_set_text(easy, option, value) == CURLE_OK }
  func set(_ option: CURLoption, _ list: borrowing CurlList) -> Bool {
    statusd_curl_set_pointer(easy, option, list.first) == CURLE_OK
  }
  func setSize(_ option: CURLoption, _ value: Int) -> Bool {
    statusd_curl_set_size(easy, option, curl_off_t(value)) == CURLE_OK
  }
  /// The body of a POST, which must outlive the transfer. Its size is an option of its own.
  func setBody(_ body: UnsafeRawBufferPointer) -> Bool {
    // libcurl takes no null pointer for an empty body: it would ask for an upload.
    guard let start = body.baseAddress else { return set(CURLOPT_COPYPOSTFIELDS, "") }
    return statusd_curl_set_text(easy, CURLOPT_POSTFIELDS, start.assumingMemoryBound(to: CChar.self)) == CURLE_OK
  }
  func allowRefusedRecipients() -> Bool { statusd_curl_allow_refused_recipients(easy) == CURLE_OK }

  /// Trusts the authorities of `caFile` only; those of the machine if it is nil.
  func trust(_ caFile: String?) -> Bool {
    guard let caFile else { return true }
    return set(CURLOPT_CAINFO, caFile) && set(CURLOPT_CAPATH, nil)
  }

  /// What every transfer has: no signals, no waiting for the thread that asks for a name, and the callbacks.
  func setCommon(for exchange: Exchange) -> Bool {
    let context = Unmanaged.passUnretained(exchange).toOpaque()
    return set(CURLOPT_NOSIGNAL, 1) && set(CURLOPT_QUICK_EXIT, 1)
      && set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
      && statusd_curl_set_data(easy, CURLOPT_WRITEFUNCTION, takeReceived) == CURLE_OK
      && statusd_curl_set_pointer(easy, CURLOPT_WRITEDATA, context) == CURLE_OK
      && statusd_curl_set_data(easy, CURLOPT_READFUNCTION, giveUpload) == CURLE_OK
      && statusd_curl_set_pointer(easy, CURLOPT_READDATA, context) == CURLE_OK
      && statusd_curl_set_pointer(easy, CURLOPT_DEBUGDATA, context) == CURLE_OK
      && statusd_curl_set_progress(easy, goOn) == CURLE_OK && set(CURLOPT_NOPROGRESS, 0)
      && statusd_curl_set_pointer(easy, CURLOPT_XFERINFODATA, context) == CURLE_OK
  }

  /// Gives the exchange the lines of the protocol, both ways. They stay in memory.
  func followDialogue() -> Bool {
    statusd_curl_set_debug(easy, takeLine) == CURLE_OK && set(CURLOPT_VERBOSE, 1)
  }
}

/// What can be asked after a transfer.
struct CurlAnswer: ~Copyable {
  private let easy: UnsafeMutableRawPointer

  init(easy: UnsafeMutableRawPointer) { self.easy = easy }

  /// The status of an HTTP answer; 0 if there is none.
  var status: Int { statusd_curl_long(easy, CURLINFO_RESPONSE_CODE) }

  /// Whether a connection, with TLS where it has that, was ready for the request.
  var isConnected: Bool { statusd_curl_size(easy, CURLINFO_PRETRANSFER_TIME_T) > 0 }

  /// Seconds of `Retry-After`; 0 if there is none, or it has passed.
  var retryAfter: Int64 { Int64(statusd_curl_size(easy, CURLINFO_RETRY_AFTER)) }

  /// Seconds since 1970 of an HTTP answer's `Date`; nil if there is none that can be read.
  var date: Int64? {
    var header: UnsafeMutablePointer<curl_header>?
    guard curl_easy_header(easy, "Date", 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
      let text = header?.pointee.value
    else { return nil }
    let time = curl_getdate(text, nil)
    return time < 0 ? nil : Int64(time)
  }
}

/// A list of texts for libcurl, which must outlive the transfer.
struct CurlList: ~Copyable {
  let first: UnsafeMutablePointer<curl_slist>?

  /// nil if there is no memory.
  init?(_ texts: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for text in texts {
      guard let longer = curl_slist_append(list, text) else {
        curl_slist_free_all(list)
        return nil
      }
      list = longer
    }
    first = list
  }

  deinit { curl_slist_free_all(first) }
}

/// The callbacks run inside `curl_multi_perform`, on the thread that runs the transfer.
private func takeReceived(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
)
  -> Int
{
  guard let data, let context else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
  return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().receive(bytes) ? bytes.count : 0
}

private func giveUpload(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
)
  -> Int
{
  guard let data, let context else { return 0 }
  let room = UnsafeMutableRawBufferPointer(start: data, count: size * count)
  return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().send(into: room)
}

private func takeLine(
  _: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ data: UnsafeMutablePointer<CChar>?, _ size: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let data, let context, kind == CURLINFO_HEADER_IN || kind == CURLINFO_HEADER_OUT else { return 0 }
  let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  exchange.line(UnsafeRawBufferPointer(start: data, count: size), isReply: kind == CURLINFO_HEADER_IN)
  return 0
}

/// libcurl 7.88 waits inside `curl_multi_perform` for what a mail server says of the message, and of QUIT. It calls this at
/// least once a second meanwhile; anything but 0 ends the transfer.
private func goOn(
  _ context: UnsafeMutableRawPointer?, _ toReceive: curl_off_t, _ received: curl_off_t, _ toSend: curl_off_t,
  _ sent: curl_off_t
) -> Int32 {
  guard let context else { return 1 }
  return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().isOverdue ? 1 : 0
}
