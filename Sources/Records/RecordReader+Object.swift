import Cscan
import JSON

/// The pass over the bytes.
extension RecordReader {
  /// Past the object that begins at `start`, having found the fields; nil where it isn't JSON.
  @inline(__always) mutating func readObject(_ start: Scan.Place) -> Scan.Place? {
    for slot in 0..<slotCount { slots[slot].kind = .absent }
    places.update(repeating: nil, count: Separators.roleCount)
    var p = start
    let root = separators.root
    var entry = root
    while true {
      let length = separators.guess(at: p, after: &entry)
      p += length
      if length == 0 {
        let first = Scan.blanks(p)
        if first.pointee == UInt8(ascii: "}"), entry != root { return first + 1 }
        guard let valueStart = readSeparator(p, first, &entry) else {
          // Only an object with nothing in it ends without a value.
          return entry == root ? emptyObject(start) : nil
        }
        p = valueStart
      }
      let meaning = separators.meaning(of: entry)
      switch p.pointee {
      case UInt8(ascii: "\""):
        guard let end = Scan.string(p + 1) else { return nil }
        if !meaning.isSkipped { note(meaning, p, end, .string) }
        p = end
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        if meaning.isSkipped {
          guard let end = Scan.number(p) else { return nil }
          p = end
        } else {
          guard let end = readNumber(p, meaning) else { return nil }
          p = end
        }
      default:
        guard let end = readOther(p, meaning) else { return nil }
        p = end
      }
    }
  }

  private func emptyObject(_ start: Scan.Place) -> Scan.Place? {
    let p = Scan.blanks(start + 1)
    return p.pointee == UInt8(ascii: "}") ? p + 1 : nil
  }

  /// Past brace or comma, key and colon, that begin at `first` behind blanks from `place` on, to where the value begins.
  @inline(never) private mutating func readSeparator(
    _ place: Scan.Place, _ first: Scan.Place, _ entry: inout Separators.EntryPointer
  ) -> Scan.Place? {
    guard first.pointee == UInt8(ascii: entry == separators.root ? "{" : ",") else { return nil }
    let quote = Scan.blanks(first + 1)
    guard quote.pointee == UInt8(ascii: "\""), let keyEnd = Scan.string(quote + 1) else { return nil }
    let colon = Scan.blanks(keyEnd)
    guard colon.pointee == UInt8(ascii: ":") else { return nil }
    let valueStart = Scan.blanks(colon + 1)
    let raw = UnsafeRawBufferPointer(start: quote + 1, count: keyEnd - quote - 2)
    entry = separators.learn(from: place, to: valueStart, raw: raw, after: entry, meaning: plan.meaning)
    return valueStart
  }

  /// Past a value that is neither string nor number, or stands behind blanks that the guessed separator hadn't.
  @inline(never) private mutating func readOther(_ start: Scan.Place, _ meaning: Separators.Meaning) -> Scan.Place? {
    let place = Scan.blanks(start)
    let kind: SlotKind
    switch place.pointee {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return readNumber(place, meaning)
    case UInt8(ascii: "\""): kind = .string
    case UInt8(ascii: "n"): kind = .null
    case UInt8(ascii: "t"), UInt8(ascii: "f"): kind = .bool
    default: kind = .nested
    }
    guard let end = Scan.value(place, &nesting) else { return nil }
    if !meaning.isSkipped { note(meaning, place, end, kind) }
    return end
  }

  /// Remembers a value that somebody asks for. The last one of a name counts.
  @inline(__always) private mutating func note(
    _ meaning: Separators.Meaning, _ place: Scan.Place, _ end: Scan.Place, _ kind: SlotKind
  ) {
    places[Int(meaning.role.rawValue)] = place
    guard meaning.slot >= 0 else { return }
    let slot = Int(meaning.slot)
    slots[slot].kind = kind
    slots[slot].text = place + 1
    slots[slot].textCount = end - place - 2
  }

  /// Past a number that somebody asks for.
  @inline(__always) private mutating func readNumber(
    _ place: Scan.Place, _ meaning: Separators.Meaning
  ) -> Scan.Place? {
    places[Int(meaning.role.rawValue)] = place
    guard meaning.slot >= 0 else { return Scan.number(place) }
    let slot = slots + Int(meaning.slot)
    guard let end = Number.scan(place, &slot.pointee.number) else { return nil }
    slot.pointee.kind = slot.pointee.number.isFinite ? .number : .overflow
    return end
  }
}

extension FieldPlan {
  /// What the key with these bytes between its quotes means.
  func meaning(_ raw: UnsafeRawBufferPointer) -> Separators.Meaning {
    guard raw.contains(UInt8(ascii: "\\")) else { return meaning(plain: raw) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: raw.count) { buffer in
      // What isn't UTF-8 is nobody's name.
      guard let target = buffer.baseAddress, let count = Text.unescape(raw, into: target) else {
        return Separators.Meaning(role: .other, slot: -1)
      }
      return meaning(plain: UnsafeRawBufferPointer(start: target, count: count))
    }
  }

  private func meaning(plain key: UnsafeRawBufferPointer) -> Separators.Meaning {
    let slot = names.firstIndex { $0.utf8.elementsEqual(key) }.flatMap { Int16(exactly: $0) } ?? -1
    return Separators.Meaning(role: role(of: key), slot: slot)
  }

  private func role(of key: UnsafeRawBufferPointer) -> Separators.Role {
    func isName(_ name: StaticString) -> Bool {
      key.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
    if isName("host") { return .host }
    if isName("timestamp") { return .timestamp }
    if isName("boot_id") { return .bootID }
    if isName("sequence") { return .sequence }
    return .other
  }
}
