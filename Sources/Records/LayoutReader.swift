import Cscan
import JSON

/// Reads JSON objects, each along the layout that the one before had, and finds the fields of a plan in them. One thread
/// owns it, and reuses it for all records.
///
/// It copies each value into its own memory, and allocates only if that memory must grow.
@usableFromInline package struct LayoutReader: ~Copyable {
  let plan: FieldPlan
  /// For each slot of the plan, the value of its field in this record. Texts are valid until the next one is read.
  @usableFromInline package let slots: UnsafeMutablePointer<cscan_slot>
  let slotCount: Int
  private let hasTexts: Bool
  /// For each role, the value of its field.
  private let found: UnsafeMutablePointer<cscan_found>
  private(set) var value = Padded()
  var nesting = Nesting()
  private var separators = Separators()
  /// The texts that had to be unescaped.
  private var texts = TextStore()

  /// A reader of the fields in `plan`.
  package init(_ plan: FieldPlan) {
    self.plan = plan
    slotCount = plan.names.count
    hasTexts = plan.usesText.contains(true)
    slots = .allocate(capacity: max(1, slotCount))
    slots.initialize(repeating: cscan_slot(), count: max(1, slotCount))
    found = .allocate(capacity: Separators.roleCount)
    found.initialize(repeating: LayoutReader.notFound, count: Separators.roleCount)
  }

  deinit {
    slots.deallocate()
    found.deallocate()
  }

  /// The value of the field with `role`.
  @inline(__always) func found(_ role: Separators.Role) -> cscan_found { found[Int(role.rawValue)] }

  /// The state of a field with a role before it is found.
  private static var notFound: cscan_found { cscan_found(place: nil, plain_length: -1) }

  /// Reads one record: finds the fields of the plan, and the texts of those that are read as text. Returns false if
  /// `bytes` aren't one object by RFC 8259, and nothing else, or one of these texts isn't UTF-8.
  package mutating func read(_ bytes: UnsafeRawBufferPointer) -> Bool { readObject(load(bytes)) && settleTexts() }

  /// Copies a value. Returns the start of its first token.
  @inline(__always) mutating func load(_ bytes: UnsafeRawBufferPointer) -> Scan.Place {
    value.load(bytes)
    return Scan.blanks(Scan.byteOrderMark(value.start))
  }

  /// Finds the fields of the object that begins at `start`; false if it isn't one, or something follows it.
  @inline(__always) mutating func readObject(_ start: Scan.Place) -> Bool {
    guard start.pointee == UInt8(ascii: "{"), let end = object(start) else { return false }
    return isEnd(end)
  }

  /// Whether only blanks follow. A zero byte inside the value isn't its end.
  @inline(__always) func isEnd(_ place: Scan.Place) -> Bool { Scan.blanks(place) == value.start + value.count }

  /// Unescapes the fields that the plan reads as text; false if one isn't UTF-8.
  @inline(__always) mutating func settleTexts() -> Bool {
    // One more for each role.
    texts.reset(for: value.count, texts: slotCount + Separators.roleCount)
    return !hasTexts || settlePlannedTexts()
  }

  private mutating func settlePlannedTexts() -> Bool {
    for slot in 0..<slotCount where slots[slot].kind == UInt8(CSCAN_RAW_STRING) && plan.usesText[slot] {
      guard let start = slots[slot].text, let (bytes, _) = text(at: start - 1) else { return false }
      slots[slot].text = bytes.baseAddress
      slots[slot].text_count = bytes.count
      slots[slot].kind = UInt8(CSCAN_STRING)
    }
    return true
  }

  /// The unescaped text at this opening quote, padded; nil if it isn't UTF-8. `isPlain` means printable ASCII without
  /// escapes.
  mutating func text(at quote: Scan.Place) -> (bytes: UnsafeBufferPointer<UInt8>, isPlain: Bool)? {
    let start = quote + 1
    let length = cscan_plain_end(start)
    if start[length] == UInt8(ascii: "\"") {
      return (UnsafeBufferPointer(start: start, count: length), true)
    }
    guard let end = Scan.string(start) else { return nil }
    return texts.unescape(UnsafeRawBufferPointer(start: start, count: end - start - 1)).map { ($0, false) }
  }
}

/// Parsing of the bytes, in one pass.
extension LayoutReader {
  /// Reads the object that begins with the brace at `start`, and finds its fields. Returns its end; nil if it isn't JSON.
  ///
  /// `cscan_follow` reads what resembles the previous record. The general parser handles everything else.
  @inline(__always) private mutating func object(_ start: Scan.Place) -> Scan.Place? {
    var slot = 0
    while slot < slotCount {
      slots[slot].kind = UInt8(CSCAN_ABSENT)
      slot &+= 1
    }
    found.update(repeating: LayoutReader.notFound, count: Separators.roleCount)
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
      from: cursor.place, to: value, raw: raw, after: cursor.separator, keys: plan.keys)
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
    case UInt8(ascii: "\""): kind = Int(CSCAN_RAW_STRING)
    case UInt8(ascii: "n"): kind = Int(CSCAN_NULL)
    case UInt8(ascii: "t"), UInt8(ascii: "f"): kind = Int(CSCAN_BOOL)
    default: kind = Int(CSCAN_NESTED)
    }
    guard let end = Scan.value(place, &nesting) else { return nil }
    if separator.pointee.skipped { return end }
    found[Int(separator.pointee.role)] = cscan_found(place: place, plain_length: -1)
    guard separator.pointee.slot >= 0 else { return end }
    let slot = slots + Int(separator.pointee.slot)
    let quotes = kind == Int(CSCAN_RAW_STRING) ? 1 : 0
    slot.pointee = cscan_slot(
      number: 0, text: place + quotes, text_count: end - place - 2 * quotes, kind: UInt8(kind))
    if kind == Int(CSCAN_NUMBER) {
      slot.pointee.number = Number.double(place)
      if !slot.pointee.number.isFinite { slot.pointee.kind = UInt8(CSCAN_OVERFLOW) }
    }
    return end
  }
}
