import Glibc
import JSON

/// The names of the fields that a stream uses, each once, with the number that stands for it: its slot.
struct FieldTable: ~Copyable {
  private var names: [[UInt8]] = []
  /// Which lengths the names have, a bit each; the last one is for all from 63 on.
  private var lengths: UInt64 = 0
  /// For each slot, whether somebody asks for its text.
  private(set) var usesText: [Bool] = []
  private var longest = 0
  /// Room for a key without its escapes.
  private var scratch: [UInt8] = []

  /// The number of fields.
  var count: Int { names.count }

  /// The slot of the field called `name`, byte for byte; `asText` if its text is asked for.
  mutating func add(_ name: String, asText: Bool) -> Int {
    let bytes = Array(name.utf8)
    let slot = names.firstIndex(of: bytes) ?? names.count
    if slot == names.count {
      names.append(bytes)
      usesText.append(false)
      lengths |= FieldTable.bit(of: bytes.count)
      longest = max(longest, bytes.count)
      scratch = Array(repeating: 0, count: 6 * longest)
    }
    if asText { usesText[slot] = true }
    return slot
  }

  /// The slot of a key with these bytes between its quotes; nil if no field has that name.
  mutating func slot(of raw: UnsafeRawBufferPointer) -> Int? {
    // At most six bytes, those of \uXXXX, stand for a byte: nothing longer means one of the names.
    guard let start = raw.baseAddress, raw.count <= 6 * longest else { return nil }
    if memchr(start, Int32(UInt8(ascii: "\\")), raw.count) == nil { return slot(plain: raw) }
    let length = scratch.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { Text.unescape(raw, into: $0) }
    }
    guard let length else { return nil }
    return scratch.withUnsafeBytes { slot(plain: UnsafeRawBufferPointer(rebasing: $0[..<length])) }
  }

  private func slot(plain key: UnsafeRawBufferPointer) -> Int? {
    guard lengths & FieldTable.bit(of: key.count) != 0 else { return nil }
    for slot in names.indices where FieldTable.same(names[slot], key) { return slot }
    return nil
  }

  private static func same(_ name: [UInt8], _ key: UnsafeRawBufferPointer) -> Bool {
    guard name.count == key.count else { return false }
    guard let start = key.baseAddress, !name.isEmpty else { return name.isEmpty }
    return memcmp(name, start, name.count) == 0
  }

  private static func bit(of length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }
}
