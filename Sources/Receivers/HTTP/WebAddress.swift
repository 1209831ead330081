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
    guard let address = CurlAddress() else { throw ReceiverProblem("no memory is left") }
    // libcurl would take `http:///x` for a host named x.
    guard address.parse(text), !text.contains(":///") else {
      throw ReceiverProblem("the address isn't one: write it as https://HOST/PATH")
    }
    guard let scheme = address[CURLUPART_SCHEME], scheme == "http" || scheme == "https" else {
      throw ReceiverProblem("the address must begin with http:// or https://")
    }
    if address[CURLUPART_FRAGMENT] != nil {
      throw ReceiverProblem("the address has a fragment (#…), which nobody gets")
    }
    self.text = text
    let path = address[CURLUPART_PATH] ?? ""
    let query = address[CURLUPART_QUERY] ?? ""
    var parts = [text, path, query]
    parts += [address[CURLUPART_HOST], address[CURLUPART_USER], address[CURLUPART_PASSWORD]].compactMap { $0 }
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
