import Cscan
import JSON

/// Parsing of the bytes, in one pass.
extension RecordReader {
  /// Reads the object that begins at `start`, and finds its fields. Returns its end; nil if it isn't JSON.
  ///
  /// `cscan_follow` reads what resembles the previous record. The general parser handles everything else.
  @inline(__always) mutating func readObject(_ start: Scan.Place) -> Scan.Place? {
    var slot = 0
    while slot < slotCount {
      slots[slot].kind = UInt8(CSCAN_ABSENT)
      slot &+= 1
    }
    found.update(repeating: RecordReader.notFound, count: Separators.roleCount)
    let root = separators.root
    var cursor = cscan_cursor(place: start, separator: root, at_value: false)
    while true {
      cscan_follow(&cursor, slots, found)
      if !cursor.at_value {
        let first = Scan.blanks(cursor.place)
        if first.pointee == UInt8(ascii: "}"), cursor.separator != root { return first + 1 }
        guard readSeparator(first, &cursor) else {
          // Only an empty object has no value.
          return cursor.separator == root ? emptyObject(start) : nil
        }
      }
      guard let end = readValue(cursor.place, cursor.separator) else { return nil }
      cursor.place = end
    }
  }

  private func emptyObject(_ start: Scan.Place) -> Scan.Place? {
    let p = Scan.blanks(start + 1)
    return p.pointee == UInt8(ascii: "}") ? p + 1 : nil
  }

  /// Reads the brace or comma, key and colon that begin at `first`, after blanks from the cursor's place on, up to the
  /// value. Returns false if they aren't JSON.
  @inline(never) private mutating func readSeparator(_ first: Scan.Place, _ cursor: inout cscan_cursor) -> Bool {
    guard first.pointee == UInt8(ascii: cursor.separator == separators.root ? "{" : ",") else { return false }
    let quote = Scan.blanks(first + 1)
    guard quote.pointee == UInt8(ascii: "\""), let keyEnd = Scan.string(quote + 1) else { return false }
    let colon = Scan.blanks(keyEnd)
    guard colon.pointee == UInt8(ascii: ":") else { return false }
    let value = Scan.blanks(colon + 1)
    let raw = UnsafeRawBufferPointer(start: quote + 1, count: keyEnd - quote - 2)
    cursor.separator = separators.learn(
      from: cursor.place, to: value, raw: raw, after: cursor.separator, meaning: plan.meaning)
    cursor.place = value
    return true
  }

  /// Reads a value of any kind, and the blanks before it that the predicted separator may lack. Returns its end; nil if
  /// it isn't JSON.
  @inline(never) private mutating func readValue(_ start: Scan.Place, _ separator: Separators.Entry) -> Scan.Place? {
    let place = Scan.blanks(start)
    let kind: Int
    switch place.pointee {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): kind = Int(CSCAN_NUMBER)
    case UInt8(ascii: "\""): kind = Int(CSCAN_STRING)
    case UInt8(ascii: "n"): kind = Int(CSCAN_NULL)
    case UInt8(ascii: "t"), UInt8(ascii: "f"): kind = Int(CSCAN_BOOL)
    default: kind = Int(CSCAN_NESTED)
    }
    guard let end = Scan.value(place, &nesting) else { return nil }
    if separator.pointee.skipped { return end }
    found[Int(separator.pointee.role)] = cscan_found(place: place, plain_length: -1)
    guard separator.pointee.slot >= 0 else { return end }
    let slot = slots + Int(separator.pointee.slot)
    slot.pointee = cscan_slot(number: 0, text: place + 1, text_count: max(0, end - place - 2), kind: UInt8(kind))
    if kind == Int(CSCAN_NUMBER) {
      slot.pointee.number = Number.double(place)
      if !slot.pointee.number.isFinite { slot.pointee.kind = UInt8(CSCAN_OVERFLOW) }
    }
    return end
  }
}

extension FieldPlan {
  /// The meaning of a key with these bytes between its quotes.
  func meaning(_ raw: UnsafeRawBufferPointer) -> Separators.Meaning {
    guard raw.contains(UInt8(ascii: "\\")) else { return meaning(plain: raw) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: raw.count) { buffer in
      // A key that isn't UTF-8 matches no field name.
      guard let target = buffer.baseAddress, let count = Text.unescape(raw, into: target) else {
        return Separators.Meaning(role: .other, slot: -1)
      }
      return meaning(plain: UnsafeRawBufferPointer(start: target, count: count))
    }
  }

  private func meaning(plain key: UnsafeRawBufferPointer) -> Separators.Meaning {
    let slot = names.firstIndex { $0.utf8.elementsEqual(key) }.flatMap { Int16(exactly: $0) } ?? -1
    return Separators.Meaning(role: form.role(of: key), slot: slot)
  }
}
