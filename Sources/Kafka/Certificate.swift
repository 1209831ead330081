/// The names that an X.509 certificate (DER, RFC 5280) is for: DNS names and addresses of its subjectAltName, or else
/// its common name. Empty where it can't be read.
func certificateNames(in certificate: UnsafeRawBufferPointer) -> [String] {
  var whole = DER(certificate)
  guard var outer = whole.enter(0x30), var body = outer.enter(0x30) else { return [] }
  var commonName: [String] = []
  var sequences = 0
  while let element = body.next() {
    switch element.tag {
    case 0x30:
      sequences += 1
      // Signature algorithm, issuer, validity, subject, key: the fourth is the subject.
      if sequences == 4 { commonName = names(ofSubject: DER(element.content)) }
    case 0xA3:
      let names = names(ofExtensions: DER(element.content))
      if !names.isEmpty { return names }
    default: break
    }
  }
  return commonName
}

private func names(ofSubject subject: DER) -> [String] {
  var subject = subject
  var found: [String] = []
  while var set = subject.enter(0x31) {
    while var attribute = set.enter(0x30) {
      // 2.5.4.3: commonName.
      if let type = attribute.next(), type.content.elementsEqual([0x55, 0x04, 0x03]), let value = attribute.next() {
        found.append(String(decoding: value.content, as: UTF8.self))
      }
    }
  }
  return found
}

private func names(ofExtensions extensions: DER) -> [String] {
  var extensions = extensions
  guard var list = extensions.enter(0x30) else { return [] }
  while var one = list.enter(0x30) {
    // 2.5.29.17: subjectAltName.
    guard let type = one.next(), type.content.elementsEqual([0x55, 0x1D, 0x11]) else { continue }
    while let element = one.next() {
      if element.tag == 0x04 { return alternativeNames(DER(element.content)) }
    }
  }
  return []
}

private func alternativeNames(_ bytes: DER) -> [String] {
  var bytes = bytes
  guard var list = bytes.enter(0x30) else { return [] }
  var found: [String] = []
  while let name = list.next() {
    switch name.tag {
    case 0x82: found.append(String(decoding: name.content, as: UTF8.self))
    case 0x87: found.append(address(name.content))
    default: break
    }
  }
  return found
}

/// `127.0.0.1`, or an IPv6 address without its longest run of zeros shortened.
private func address(_ bytes: UnsafeRawBufferPointer) -> String {
  if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
  guard bytes.count == 16 else { return "?" }
  return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
    .joined(separator: ":")
}

/// Walks over DER's tags and lengths, bounds-checked: a certificate is what the other side has sent.
private struct DER {
  struct Element {
    var tag: UInt8
    var content: UnsafeRawBufferPointer
  }

  private var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

  /// The next element; nil at the end, or where the length isn't one.
  mutating func next() -> Element? {
    guard rest.count >= 2 else { return nil }
    var length = Int(rest[1])
    var header = 2
    if length >= 0x80 {
      let digits = length - 0x80
      guard (1...4).contains(digits), rest.count >= 2 + digits else { return nil }
      length = rest[2..<(2 + digits)].reduce(0) { $0 << 8 | Int($1) }
      header += digits
    }
    guard length <= rest.count - header else { return nil }
    let element = Element(
      tag: rest[0], content: UnsafeRawBufferPointer(rebasing: rest[header..<(header + length)]))
    rest = UnsafeRawBufferPointer(rebasing: rest[(header + length)...])
    return element
  }

  /// What stands inside the next element, where its tag is `tag`.
  mutating func enter(_ tag: UInt8) -> DER? {
    guard let element = next(), element.tag == tag else { return nil }
    return DER(element.content)
  }
}
