import JSON

/// Parsing of a JSON value, in one pass.
extension StreamReader {
  /// Finds the fields of the object in `bytes`; false if they aren't one object by RFC 8259, and nothing else.
  mutating func readObject(_ bytes: UnsafeRawBufferPointer?) -> Bool {
    guard let bytes else { return false }
    value.load(bytes)
    found.update(repeating: .absent, count: fields.count)
    let start = Scan.blanks(Scan.byteOrderMark(value.start))
    guard start.pointee == UInt8(ascii: "{") else { return false }
    var place = Scan.blanks(start + 1)
    if place.pointee == UInt8(ascii: "}") { return isEnd(place + 1) }
    while let end = readField(place) {
      place = Scan.blanks(end)
      if place.pointee == UInt8(ascii: "}") { return isEnd(place + 1) }
      guard place.pointee == UInt8(ascii: ",") else { return false }
      place = Scan.blanks(place + 1)
    }
    return false
  }

  /// Whether only blanks follow. A zero byte inside the value isn't its end.
  private func isEnd(_ place: Scan.Place) -> Bool { Scan.blanks(place) == value.start + value.count }

  /// Reads a key and its value. Returns the value's end; nil if they aren't JSON.
  private mutating func readField(_ quote: Scan.Place) -> Scan.Place? {
    guard quote.pointee == UInt8(ascii: "\""), let keyEnd = Scan.string(quote + 1) else { return nil }
    let colon = Scan.blanks(keyEnd)
    guard colon.pointee == UInt8(ascii: ":") else { return nil }
    let place = Scan.blanks(colon + 1)
    let isNested = place.pointee == UInt8(ascii: "{") || place.pointee == UInt8(ascii: "[")
    guard let end = isNested ? Scan.value(place, &nesting) : Scan.scalar(place) else { return nil }
    if let slot = fields.slot(of: UnsafeRawBufferPointer(start: quote + 1, count: keyEnd - quote - 2)) {
      found[slot] = FoundField(place: place, length: end - place)
    }
    return end
  }

  /// Finds the texts of the fields whose text is asked for; false if one isn't UTF-8.
  mutating func settleTexts() -> Bool {
    texts.reset(for: value.count, texts: fields.count)
    for slot in 0..<fields.count where fields.usesText[slot] {
      guard let place = found[slot].place else { continue }
      if found[slot].isString {
        guard let text = text(UnsafeRawBufferPointer(start: place + 1, count: found[slot].length - 2)) else {
          return false
        }
        found[slot].text = text
      } else if found[slot].isNumber || found[slot].isBool {
        found[slot].text = UnsafeRawBufferPointer(start: place, count: found[slot].length)
      }
    }
    return true
  }

  /// The text of a string with these bytes between its quotes; nil if it isn't UTF-8.
  private mutating func text(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let isPlain = StreamReader.isPlain(raw)
    return isPlain ? raw : texts.unescape(raw).map { UnsafeRawBufferPointer($0) }
  }

  /// Whether these bytes are ASCII without a backslash.
  private static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let backslashes = ones &* UInt64(UInt8(ascii: "\\"))
    var seen: UInt64 = 0
    var index = 0
    while index &+ 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      // A zero byte in `rest`, which borrows, was a backslash. It may be said of its neighbour, too, if there is one.
      let rest = word ^ backslashes
      seen |= word | ((rest &- ones) & ~rest)
      index &+= 8
    }
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\") { return false }
      seen |= UInt64(bytes[index])
      index &+= 1
    }
    return seen & (ones << 7) == 0
  }
}
