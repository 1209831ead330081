import Glibc
import Records

/// Texts that came lately, at most `limit` of them, each with a number while it is there: found again without an
/// allocation. Times are ends of intervals, milliseconds since the epoch.
struct RecentTexts {
  /// A text, and when it came last.
  struct Entry {
    /// What it belongs to: texts are told apart within a group.
    var group: Int
    var text: [UInt8]
    var hash: UInt64
    /// The end of the last interval that had it, of those that are told; nil if only open ones have it.
    var told: Int64?
    /// The end of the last interval that had it; nil if the number is free.
    var newest: Int64?
  }

  let limit: Int
  /// By number.
  private(set) var entries: [Entry] = []
  private var free: [Int] = []
  /// Numbers plus one at the places of their hashes; 0 is free. Their count is a power of two.
  private var slots: [Int32] = Array(repeating: 0, count: 16)

  /// No text yet. Beyond `limit`, which is at most 2^30, new ones are refused.
  init(limit: Int) { self.limit = limit }

  /// How many texts there are.
  var count: Int { entries.count - free.count }

  /// The number of a text that the interval with this end has; nil if it is new and there is no room.
  mutating func note(_ text: UnsafeRawBufferPointer, of group: Int = 0, in end: Int64) -> Int? {
    let hash = RecordReader.hash(of: text) ^ UInt64(truncatingIfNeeded: group) &* 0x9E37_79B9_7F4A_7C15
    var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[place] != 0 {
      let number = Int(slots[place]) - 1
      if entries[number].hash == hash, entries[number].group == group,
        RecentTexts.same(entries[number].text, text)
      {
        entries[number].newest = max(entries[number].newest ?? end, end)
        return number
      }
      place = (place + 1) & (slots.count - 1)
    }
    if count >= limit { return nil }
    let entry = Entry(group: group, text: Array(text), hash: hash, newest: end)
    let number = free.popLast() ?? entries.count
    if number < entries.count { entries[number] = entry } else { entries.append(entry) }
    slots[place] = Int32(truncatingIfNeeded: number + 1)
    if 2 * count > slots.count { rebuild(4 * count) }
    return number
  }

  private static func same(_ known: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
    guard known.count == text.count else { return false }
    guard let start = text.baseAddress, !known.isEmpty else { return known.isEmpty }
    return memcmp(known, start, known.count) == 0
  }

  /// The interval with this end, which has the text, is told.
  mutating func tell(_ number: Int, _ end: Int64) {
    entries[number].told = max(entries[number].told ?? end, end)
  }

  /// Forgets texts that no interval has whose end is later than `oldest`.
  mutating func forget(upTo oldest: Int64) {
    var isChanged = false
    for number in entries.indices {
      guard let newest = entries[number].newest, newest <= oldest else { continue }
      entries[number] = Entry(group: 0, text: [], hash: 0)
      free.append(number)
      isChanged = true
    }
    if isChanged { rebuild(slots.count) }
  }

  /// Puts all texts into at least `least` places.
  private mutating func rebuild(_ least: Int) {
    var size = slots.count
    while size < least { size *= 2 }
    slots = Array(repeating: 0, count: size)
    for number in entries.indices where entries[number].newest != nil {
      var place = Int(truncatingIfNeeded: entries[number].hash) & (size - 1)
      while slots[place] != 0 { place = (place + 1) & (size - 1) }
      slots[place] = Int32(truncatingIfNeeded: number + 1)
    }
  }
}

/// A set of small numbers.
struct Marks: Equatable {
  private var words: [UInt64] = []

  /// Adds a number.
  mutating func insert(_ number: Int) {
    while words.count <= number >> 6 { words.append(0) }
    words[number >> 6] |= 1 << UInt64(number & 63)
  }

  /// Calls `body` with each number, in order.
  func forEach(_ body: (Int) -> Void) {
    for (index, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        body(index << 6 + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
  }
}
