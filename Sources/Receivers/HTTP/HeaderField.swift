/// A header of a request (RFC 9110, section 5), from the configuration. Its value is a secret.
public struct HeaderField: Sendable, CustomStringConvertible {
  /// Its name, such as `Authorization`.
  public let name: String
  /// Its value, without blanks around it. Never for a log.
  let value: String

  /// Its name only.
  public var description: String { "\(name): ***" }

  /// The longest value, in bytes.
  public static let maxSize = 8192

  /// Those that the channel or the transfer sets itself, in lower case.
  private static let own: Set<String> = [
    "connection", "content-length", "date", "expect", "host", "idempotency-key", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade", "x-statusd-signature", "x-statusd-timestamp",
  ]

  /// Checks both: a value has printable ASCII characters and tabs only, so that it is one header.
  public init(name: String, value: String) throws(ReceiverProblem) {
    guard !name.isEmpty, name.utf8.count <= 100, name.utf8.allSatisfy(HeaderField.isTokenCharacter) else {
      throw ReceiverProblem("a header's name consists of letters, digits and -: not this one")
    }
    if HeaderField.own.contains(name.lowercased()) { throw ReceiverProblem("the header \(name) is statusd's own") }
    guard value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x09 }) else {
      throw ReceiverProblem("the value of the header \(name) has a line break, or a character that isn't ASCII")
    }
    var inner = value.utf8[...]
    while inner.first == 0x20 || inner.first == 0x09 { inner.removeFirst() }
    while inner.last == 0x20 || inner.last == 0x09 { inner.removeLast() }
    if inner.count > HeaderField.maxSize {
      throw ReceiverProblem("the value of the header \(name) is longer than \(HeaderField.maxSize) bytes")
    }
    self.name = name
    self.value = String(decoding: inner, as: UTF8.self)
  }

  /// One of statusd's own, whose value is safe.
  init(own name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// The line in libcurl's form: a semicolon stands for an empty value.
  var line: String { value.isEmpty ? "\(name);" : "\(name): \(value)" }

  private static func isTokenCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
