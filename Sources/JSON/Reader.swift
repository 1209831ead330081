/// Reads JSON token by token, strictly by its grammar. For text that isn't read a million times a second.
///
///     var reader = Reader(bytes)
///     guard reader.next() == .beginObject else { … }
///     while reader.next() == .key {
///       if reader.isText("port") { reader.next(); port = reader.int64 } else { reader.skip() }
///     }
public struct Reader: ~Copyable {
  /// The token that `next` found.
  public enum Token: Sendable {
    case beginObject, endObject, beginArray, endArray, key, string, number, `true`, `false`, null
    /// The value has ended, and only blanks follow.
    case end
    /// The text isn't JSON; every further call returns the same.
    case invalid
  }

  private enum Expectation {
    case value, firstOrEnd, key, afterValue, nothing
  }

  private var text: Padded
  private var nesting = Nesting()
  private var place: Scan.Place
  private var tokenStart: Scan.Place
  private var tokenEnd: Scan.Place
  private var expectation = Expectation.value

  /// The token that the last call of `next` found; `.invalid` before the first call.
  public private(set) var token = Token.invalid

  /// A reader of a copy of `bytes`; a byte-order mark before the value is skipped.
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.init(text: Padded(bytes))
  }

  /// A reader of a copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    self.init(text: Padded(bytes))
  }

  private init(text: consuming Padded) {
    self.text = text
    place = Scan.byteOrderMark(self.text.start)
    tokenStart = place
    tokenEnd = place
  }

  /// Where the token begins, in bytes from the start of the text; where the text stops being JSON if it is `.invalid`.
  public var offset: Int { tokenStart - text.start }

  /// The number of open brackets.
  public var depth: Int { nesting.depth }

  /// Advances to the next token.
  @discardableResult public mutating func next() -> Token {
    if expectation == .nothing { return token }
    place = Scan.blanks(place)
    if expectation == .afterValue, let ended = afterValue() { return ended }
    if nesting.isObject, expectation != .value { return keyOrEnd() }
    return value()
  }

  /// Skips the next value (after a key, or the next element), including everything in it; false if it isn't JSON.
  /// `token` is then that value, or the bracket that ends it.
  @discardableResult public mutating func skip() -> Bool {
    switch next() {
    case .beginObject, .beginArray: leave()
    case .invalid, .end: false
    default: true
    }
  }

  /// Skips the next value as `skip` does. Returns its text as written, including quotes, valid as long as the reader;
  /// nil if it isn't JSON.
  public mutating func rawValue() -> UnsafeRawBufferPointer? {
    guard expectation == .value else { return nil }
    let start = Scan.blanks(place)
    return skip() ? UnsafeRawBufferPointer(start: start, count: tokenEnd - start) : nil
  }

  /// Skips the rest of the innermost open object or array, including its closing bracket; false if it isn't JSON.
  @discardableResult public mutating func leave() -> Bool {
    let inside = nesting.depth
    while nesting.depth >= inside {
      if next() == .invalid { return false }
    }
    return true
  }

  /// The token as written; a string or key without its quotes and with its escapes. Valid as long as the reader.
  public var raw: UnsafeRawBufferPointer {
    let quoted = token == .string || token == .key
    return UnsafeRawBufferPointer(
      start: quoted ? tokenStart + 1 : tokenStart,
      count: max(0, tokenEnd - tokenStart - (quoted ? 2 : 0)))
  }

  /// The text of a string or key; nil if the token is neither, or its text isn't UTF-8.
  public var string: String? {
    guard token == .string || token == .key else { return nil }
    let raw = self.raw
    let bytes = [UInt8](unsafeUninitializedCapacity: raw.count + 1) { buffer, count in
      guard let target = buffer.baseAddress, let length = Text.unescape(raw, into: target) else { return }
      count = length
    }
    // An empty result of a nonempty text means that unescaping failed: it isn't UTF-8.
    return bytes.isEmpty && !raw.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Whether the token is a string or key with this text.
  public func isText(_ expected: StaticString) -> Bool {
    guard token == .string || token == .key else { return false }
    let raw = self.raw
    if raw.count == expected.utf8CodeUnitCount, raw.elementsEqual(staticBytes(expected)) { return true }
    return raw.contains(UInt8(ascii: "\\")) && string?.utf8.elementsEqual(staticBytes(expected)) == true
  }

  private func staticBytes(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  /// Passes the start of the token, in padded text, to `body`.
  public func withPlace<Result>(_ body: (Scan.Place) -> Result) -> Result { body(tokenStart) }

  /// The number, correctly rounded, infinite beyond a double's range; nil if the token isn't a number.
  public var double: Double? { token == .number ? Number.double(tokenStart) : nil }

  /// The whole number; nil if the token isn't a number, has a point or an exponent, or exceeds Int64's range.
  public var int64: Int64? { token == .number ? Number.int64(tokenStart) : nil }

  private mutating func found(_ token: Token, upTo end: Scan.Place, then expectation: Expectation) -> Token {
    tokenStart = place
    tokenEnd = end
    place = end
    self.token = token
    self.expectation = expectation
    return token
  }

  private mutating func invalid() -> Token {
    tokenStart = place
    tokenEnd = place
    token = .invalid
    expectation = .nothing
    return token
  }

  /// Skips a comma. Returns the token that ends a bracket or the text, if one comes first.
  private mutating func afterValue() -> Token? {
    if nesting.depth == 0 {
      // A zero byte inside the text isn't its end.
      let atEnd = place == text.start + text.count
      return atEnd ? found(.end, upTo: place, then: .nothing) : invalid()
    }
    if let ended = closing() { return ended }
    guard place.pointee == UInt8(ascii: ",") else { return invalid() }
    place = Scan.blanks(place + 1)
    expectation = nesting.isObject ? .key : .value
    return nil
  }

  private mutating func closing() -> Token? {
    guard place.pointee == UInt8(ascii: nesting.isObject ? "}" : "]") else { return nil }
    let token: Token = nesting.isObject ? .endObject : .endArray
    nesting.close()
    return found(token, upTo: place + 1, then: .afterValue)
  }

  private mutating func keyOrEnd() -> Token {
    if expectation == .firstOrEnd, let ended = closing() { return ended }
    guard place.pointee == UInt8(ascii: "\""), let end = Scan.string(place + 1) else { return invalid() }
    let colon = Scan.blanks(end)
    guard colon.pointee == UInt8(ascii: ":") else { return invalid() }
    _ = found(.key, upTo: end, then: .value)
    place = colon + 1
    return .key
  }

  private mutating func value() -> Token {
    if expectation == .firstOrEnd, let ended = closing() { return ended }
    switch place.pointee {
    case UInt8(ascii: "{"):
      nesting.open(object: true)
      return found(.beginObject, upTo: place + 1, then: .firstOrEnd)
    case UInt8(ascii: "["):
      nesting.open(object: false)
      return found(.beginArray, upTo: place + 1, then: .firstOrEnd)
    default:
      guard let end = Scan.scalar(place) else { return invalid() }
      return found(kind(of: place.pointee), upTo: end, then: .afterValue)
    }
  }

  private func kind(of first: UInt8) -> Token {
    switch first {
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"): .true
    case UInt8(ascii: "f"): .false
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }
}
