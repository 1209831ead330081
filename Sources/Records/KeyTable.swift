import Glibc
import JSON

/// The keys that a reader looks for, byte for byte, each with the meaning of its value.
struct KeyTable: Sendable {
  private var names: [[UInt8]] = []
  private var meanings: [Separators.Meaning] = []
  /// Which lengths the names have, a bit each; the last one is for all from 63 on.
  private var lengths: UInt64 = 0
  private var longest = 0

  /// Adds a key that it doesn't have.
  mutating func add(_ name: String, _ meaning: Separators.Meaning) {
    let bytes = Array(name.utf8)
    names.append(bytes)
    meanings.append(meaning)
    lengths |= KeyTable.bit(of: bytes.count)
    longest = max(longest, bytes.count)
  }

  /// The meaning of a key with these bytes between its quotes.
  func meaning(of raw: UnsafeRawBufferPointer) -> Separators.Meaning {
    // At most six bytes, those of \uXXXX, stand for a byte: nothing longer means one of the names.
    guard let start = raw.baseAddress, raw.count <= 6 * longest else { return .none }
    if memchr(start, Int32(UInt8(ascii: "\\")), raw.count) == nil { return meaning(plain: raw) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: raw.count) { buffer in
      // A key that isn't UTF-8 is none of the names.
      guard let target = buffer.baseAddress, let count = Text.unescape(raw, into: target) else { return .none }
      return meaning(plain: UnsafeRawBufferPointer(start: target, count: count))
    }
  }

  private func meaning(plain key: UnsafeRawBufferPointer) -> Separators.Meaning {
    guard lengths & KeyTable.bit(of: key.count) != 0 else { return .none }
    for index in names.indices where KeyTable.same(names[index], key) { return meanings[index] }
    return .none
  }

  private static func same(_ name: [UInt8], _ key: UnsafeRawBufferPointer) -> Bool {
    guard name.count == key.count else { return false }
    guard let start = key.baseAddress, !name.isEmpty else { return name.isEmpty }
    return memcmp(name, start, name.count) == 0
  }

  private static func bit(of length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }
}
