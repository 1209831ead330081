internal import Ccurl
import Platform

/// An address of a web server, with `http` or `https`. It is a secret, and so are its parts.
public struct WebAddress: Sendable, CustomStringConvertible {
  /// The address. Never for a log.
  let text: String
  /// Its parts, as a server might repeat them in an answer.
  let parts: [String]

  /// Never the address.
  public var description: String { "***" }

  /// The longest address, in bytes.
  public static let maxSize = 4096

  /// Checks `text`: an absolute address with a host, without control characters and blanks. A fragment is refused.
  public init(_ text: String) throws(ReceiverProblem) {
    if text.utf8.count > WebAddress.maxSize {
      throw ReceiverProblem("the address is longer than \(WebAddress.maxSize) bytes")
    }
    if text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
      throw ReceiverProblem("the address has a blank, a control character or one that isn't ASCII: write it as %XX")
    }
    guard let url = curl_url() else { throw ReceiverProblem("no memory is left") }
    defer { curl_url_cleanup(url) }
    // libcurl would take `http:///x` for a host named x.
    guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK, !text.contains(":///") else {
      throw ReceiverProblem("the address isn't one: write it as https://HOST/PATH")
    }
    func part(_ part: CURLUPart) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(url, part, &value, 0) == CURLUE_OK, let value else { return nil }
      defer { curl_free(value) }
      return String(cString: value)
    }
    guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
      throw ReceiverProblem("the address must begin with http:// or https://")
    }
    if part(CURLUPART_FRAGMENT) != nil { throw ReceiverProblem("the address has a fragment (#…), which nobody gets") }
    self.text = text
    let path = part(CURLUPART_PATH) ?? ""
    let query = part(CURLUPART_QUERY) ?? ""
    var parts = [text, path, query]
    parts += [part(CURLUPART_HOST), part(CURLUPART_USER), part(CURLUPART_PASSWORD)].compactMap { $0 }
    parts += path.split(separator: "/").map(String.init)
    parts += query.split { $0 == "&" || $0 == "=" }.map(String.init)
    self.parts = parts + parts.map(\.percentDecoded)
  }

  /// The address with `path` at the end of its own path; nil if it has a query.
  func appending(path: String) -> String? {
    if text.contains("?") { return nil }
    var base = text[...]
    while base.hasSuffix("/") { base.removeLast() }
    return base + path
  }
}
