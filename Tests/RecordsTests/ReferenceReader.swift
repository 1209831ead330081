@testable import Records

import JSON

/// Reads a record in the plainest way, slowly and recursively, as a reference for the fast reader.
struct ReferenceReader {
  /// A JSON value. Texts are as written between their quotes.
  indirect enum Tree {
    case object([(key: [UInt8], value: Tree)])
    case array
    case string([UInt8])
    case number(String)
    case bool
    case null
  }

  private var bytes: [UInt8]
  private var i = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Parses `bytes`; nil if they aren't JSON.
  static func parse(_ bytes: [UInt8]) -> Tree? {
    var reader = ReferenceReader(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.i = 3 }
    guard let tree = reader.value() else { return nil }
    reader.blanks()
    return reader.i == bytes.count ? tree : nil
  }

  private var here: UInt8? { i < bytes.count ? bytes[i] : nil }

  private mutating func blanks() {
    while let byte = here, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { i += 1 }
  }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[i...].starts(with: text.utf8) else { return false }
    i += text.utf8.count
    return true
  }

  private mutating func value() -> Tree? {
    blanks()
    if take("true") || take("false") { return .bool }
    if take("null") { return .null }
    if take("\"") { return string().map { .string($0) } }
    if take("{") { return object() }
    if take("[") { return array() }
    return number()
  }

  private mutating func object() -> Tree? {
    var members: [(key: [UInt8], value: Tree)] = []
    blanks()
    if take("}") { return .object(members) }
    repeat {
      blanks()
      guard take("\""), let key = string() else { return nil }
      blanks()
      guard take(":"), let value = value() else { return nil }
      members.append((key, value))
      blanks()
    } while take(",")
    return take("}") ? .object(members) : nil
  }

  private mutating func array() -> Tree? {
    blanks()
    if take("]") { return .array }
    repeat {
      guard value() != nil else { return nil }
      blanks()
    } while take(",")
    return take("]") ? .array : nil
  }

  private mutating func string() -> [UInt8]? {
    let start = i
    while let byte = here, byte >= 0x20 {
      i += 1
      if byte == UInt8(ascii: "\"") { return Array(bytes[start..<i - 1]) }
      if byte == UInt8(ascii: "\\") {
        guard let letter = here, "\"\\/bfnrtu".utf8.contains(letter) else { return nil }
        i += 1
        if letter == UInt8(ascii: "u") {
          guard i + 4 <= bytes.count,
            bytes[i..<i + 4].allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 128 })
          else { return nil }
          i += 4
        }
      }
    }
    return nil
  }

  private mutating func digits() -> Bool {
    let start = i
    while let byte = here, (0x30...0x39).contains(byte) { i += 1 }
    return i > start
  }

  private mutating func number() -> Tree? {
    let start = i
    _ = take("-")
    if !take("0"), !digits() { return nil }
    if take("."), !digits() { return nil }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      if !digits() { return nil }
    }
    return .number(String(decoding: bytes[start..<i], as: UTF8.self))
  }

  /// The unescaped text; nil if it isn't UTF-8.
  static func text(_ raw: [UInt8]) -> String? {
    var units: [UInt8] = []
    var i = 0
    var half: UInt32?
    while i < raw.count {
      var scalar: UInt32?
      if raw[i] != UInt8(ascii: "\\") {
        if half != nil { return nil }
        units.append(raw[i])
        i += 1
        continue
      }
      switch raw[i + 1] {
      case UInt8(ascii: "b"): scalar = 8
      case UInt8(ascii: "f"): scalar = 12
      case UInt8(ascii: "n"): scalar = 10
      case UInt8(ascii: "r"): scalar = 13
      case UInt8(ascii: "t"): scalar = 9
      case UInt8(ascii: "u"):
        scalar = UInt32(String(decoding: raw[i + 2..<i + 6], as: UTF8.self), radix: 16)
        i += 4
      default: scalar = UInt32(raw[i + 1])
      }
      i += 2
      guard var value = scalar else { return nil }
      if let high = half {
        guard (0xDC00..<0xE000).contains(value) else { return nil }
        value = 0x10000 + (high - 0xD800) * 0x400 + (value - 0xDC00)
        half = nil
      } else if (0xD800..<0xDC00).contains(value) {
        half = value
        continue
      }
      guard let whole = Unicode.Scalar(value) else { return nil }
      units += Array(String(Character(whole)).utf8)
    }
    return half == nil ? String(validating: units, as: UTF8.self) : nil
  }
}

extension ReferenceReader {
  /// The expected result of a reader with `plan` for a record.
  static func read(_ value: [UInt8], _ key: [UInt8]?, kafkaTime: Int64, plan: FieldPlan) -> ReadRecord {
    func bad(_ reason: BadReason) -> ReadRecord { ReadRecord(outcome: .bad(reason), hasKey: key != nil) }
    guard !value.isEmpty else { return bad(.empty) }
    guard let tree = parse(value) else { return bad(.notJSON) }
    guard case .object(let members) = tree else { return bad(.notObject) }
    func last(_ name: String) -> Tree? {
      members.last { text($0.key).map { $0.utf8.elementsEqual(name.utf8) } ?? false }?.value
    }
    var record = ReadRecord(outcome: .record, hasKey: key != nil)
    for (name, usesText) in zip(plan.names, plan.usesText) {
      let tree = last(name)
      record.fields.append(field(tree))
      record.texts.append(nil)
      guard usesText, case .string(let raw) = tree else { continue }
      guard let text = text(raw) else { return bad(.encoding) }
      record.texts[record.texts.count - 1] = text
    }
    if let reason = readTime(last("timestamp"), kafkaTime, into: &record) { return bad(reason) }
    if let reason = readSubject(last("host"), key, into: &record) { return bad(reason) }
    if case .string(let raw) = last("boot_id") {
      guard let text = text(raw) else { return bad(.encoding) }
      record.hasBoot = !text.isEmpty
    }
    if case .number(let text) = last("sequence"), !text.hasPrefix("-"), let number = Double(text) {
      record.sequence = Int64(text) ?? Int64(exactly: number) ?? -1
    }
    return record
  }

  private static func field(_ tree: Tree?) -> Field {
    switch tree {
    case nil: .absent
    case .object, .array: .notNumber(.nested)
    case .string: .notNumber(.string)
    case .bool: .notNumber(.bool)
    case .null: .notNumber(.null)
    case .number(let text):
      Double(text).map { $0.isFinite ? .number($0) : .notNumber(.overflow) } ?? .absent
    }
  }

  private static func readTime(_ tree: Tree?, _ kafkaTime: Int64, into record: inout ReadRecord) -> BadReason? {
    record.time = kafkaTime
    let reading: TimeReading
    switch tree {
    case nil: reading = .withoutZone
    case .string(let raw):
      guard var text = text(raw) else { return .encoding }
      reading = text.withUTF8 { EventTime.text(UnsafeRawBufferPointer($0)) }
    case .number(let text): reading = withPlace(text) { EventTime.number($0) }
    default: return .timestamp
    }
    switch reading {
    case .instant(let instant):
      record.time = instant
      record.bringsOwnTime = true
    case .withoutZone: if kafkaTime < 0 { return .timestamp }
    case .beyond: return .future
    case .unreadable: return .timestamp
    }
    return record.time > kafkaTime + 60_000 ? .future : nil
  }

  private static func readSubject(_ tree: Tree?, _ key: [UInt8]?, into record: inout ReadRecord) -> BadReason? {
    if case .string(let raw) = tree, !raw.isEmpty {
      guard let text = text(raw) else { return .encoding }
      record.subject = text
    } else if let key, !key.isEmpty {
      guard let text = String(validating: key, as: UTF8.self) else { return .encoding }
      record.subject = text
    } else {
      record.subject = "unknown"
      record.subjectIsFallback = true
    }
    let isControl = record.subject.unicodeScalars.contains { $0.properties.generalCategory == .control }
    return isControl || record.subject.utf8.count > 255 ? .subject : nil
  }
}

/// Calls `body` with the start of `text` as padded text.
func withPlace<Result>(_ text: String, _ body: (Scan.Place) -> Result) -> Result {
  let padded = Padded(Array(text.utf8))
  return body(padded.start)
}
