import Platform

/// Checks names. Each function returns what is wrong and what to do, or nil; none quotes its input, because that can
/// come from a variable.
package enum Names {
  /// The maximum length of an alert's subject and of a consumer group, in bytes.
  static let greatestLength = 255

  /// `host:port`, comma-separated, with an IPv6 address in brackets; librdkafka accepts a protocol before it.
  static func problem(ofBrokers text: String) -> String? {
    let entries = text.split(separator: ",", omittingEmptySubsequences: false)
    for (index, entry) in entries.enumerated() {
      let which = entries.count > 1 ? "entry \(index + 1) of the brokers" : "the broker"
      var address = entry.drop { $0 == " " }
      while address.last == " " { address.removeLast() }
      for scheme in ["PLAINTEXT://", "SSL://", "SASL_PLAINTEXT://", "SASL_SSL://"] where address.hasPrefix(scheme) {
        address.removeFirst(scheme.count)
      }
      if address.isEmpty { return "\(which) is empty: write host:port, comma-separated" }
      guard let (host, port) = split(address) else {
        return "\(which) is no address: write host:port, and an IPv6 address in brackets"
      }
      if host.isEmpty || !host.allSatisfy(isAddress) {
        return "\(which) has an invalid host name: write host:port, comma-separated"
      }
      if let port {
        if number(ofPort: port) == nil { return "\(which) has an invalid port: write one from 1 to 65535" }
      }
    }
    return nil
  }

  /// An address to listen on.
  static func problem(ofListen text: String) -> String? {
    guard let (host, port) = split(text[...]), let port else {
      return "this is no address to listen on: write host:port, and an IPv6 address in brackets"
    }
    if host.isEmpty || !host.allSatisfy(isAddress) || host.contains(":") != text.hasPrefix("[") {
      return "this has an invalid host: write host:port, such as 127.0.0.1:9464 or [::1]:9464"
    }
    return number(ofPort: port) == nil ? "this has an invalid port: write one from 1 to 65535" : nil
  }

  /// The host, without brackets, and the port; nil if `problem(ofListen:)` isn't.
  static func address(ofListen text: String) -> (host: String, port: UInt16)? {
    guard let (host, port) = split(text[...]), let number = port.flatMap({ number(ofPort: $0) }) else { return nil }
    return (String(host), number)
  }

  private static func number(ofPort text: Substring) -> UInt16? {
    guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(text), number > 0 else { return nil }
    return number
  }

  /// Kafka's legal names: letters, digits, `.`, `_` and `-`, 249 at most.
  static func problem(ofTopic text: String) -> String? {
    if text.isEmpty { return "a topic needs a name" }
    if text == "." || text == ".." { return "Kafka has no topic of this name" }
    if text.utf8.count > 249 { return "a topic's name may have at most 249 characters" }
    if !text.hasOnlyNameBytes { return "a topic's name may have only letters, digits, '.', '_' and '-'" }
    return nil
  }

  /// The subject of a host's records.
  package static func problem(ofHost text: String) -> String? { problem(of: text, what: "a host name") }

  /// A consumer group.
  static func problem(ofGroup text: String) -> String? { problem(of: text, what: "a consumer group's name") }

  /// The name of a process among those that share its work.
  static func problem(ofInstance text: String) -> String? { problem(of: text, what: "an instance's name") }

  /// A user of SASL.
  static func problem(ofUser text: String) -> String? { problem(of: text, what: "a user name") }

  private static func problem(of text: String, what: String) -> String? {
    if text.isEmpty { return "\(what) can't be empty" }
    if text.utf8.count > greatestLength { return "\(what) may have at most \(greatestLength) bytes" }
    if text.unicodeScalars.contains(where: \.isControl) { return "\(what) can't contain control characters" }
    return nil
  }

  private static func split(_ address: Substring) -> (host: Substring, port: Substring?)? {
    if address.first == "[" {
      guard let close = address.firstIndex(of: "]") else { return nil }
      let host = address[address.index(after: address.startIndex)..<close]
      let rest = address[address.index(after: close)...]
      if rest.isEmpty { return (host, nil) }
      return rest.first == ":" ? (host, rest.dropFirst()) : nil
    }
    let parts = address.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count > 2 { return nil }
    return (parts[0], parts.count == 2 ? parts[1] : nil)
  }

  private static func isAddress(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || ".-_:%".contains(character))
  }
}
