internal import Ccurl

/// An address that libcurl takes apart.
struct CurlAddress: ~Copyable {
  private let url: OpaquePointer

  /// nil if there is no memory.
  init?() {
    guard let url = curl_url() else { return nil }
    self.url = url
  }

  deinit { curl_url_cleanup(url) }

  /// Whether `text` is an address; its parts are those of the last one.
  func parse(_ text: String) -> Bool { curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK }

  /// A part; nil if the address has none.
  subscript(_ part: CURLUPart) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &value, 0) == CURLUE_OK, let value else { return nil }
    defer { curl_free(value) }
    return String(cString: value)
  }
}
