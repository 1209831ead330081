import Cscan
import JSON

/// What a worker has learnt of how records are laid out: a table of the bytes that were seen between two values
/// (comma, key, colon, and blanks where there are some), each with what its key means and which one followed it last.
///
/// Most records look like the one before, so the next separator is guessed, compared as a whole, and never trusted.
/// The table is bounded: when it is full it begins anew.
struct Separators: ~Copyable {
  /// One separator.
  struct Entry {
    var length: Int32
    /// The entry that followed this one last; `Separators.none` where nothing did.
    var next: Int32
    /// What the value behind it means to a reader.
    var meaning: Meaning
  }

  /// What a key means to a reader.
  struct Meaning {
    var role: Role
    /// The key's slot in the plan; -1: it isn't planned.
    var slot: Int16

    /// Nobody asks for the value.
    @inline(__always) var isSkipped: Bool { role == .other && slot < 0 }
  }

  /// A field that every record may have.
  enum Role: UInt8 {
    case other, host, timestamp, bootID, sequence
  }

  /// The entry before the first separator of a record. As a guess it matches nothing: no JSON has its one byte 0xFF.
  static let none: Int32 = 0
  /// The entry of a separator that is too long to be kept; used anew by each.
  static let tooLong: Int32 = 1

  private static let capacity = 512
  private static let textSize = 64
  private static let bucketCount = 2048

  let entries: UnsafeMutablePointer<Entry>
  private let texts: UnsafeMutablePointer<UInt8>
  private let buckets: UnsafeMutablePointer<Int16>
  private var count = 2
  private let seed = Hash.seed

  init() {
    entries = .allocate(capacity: Self.capacity)
    texts = .allocate(capacity: Self.capacity * Self.textSize)
    buckets = .allocate(capacity: Self.bucketCount)
    texts.initialize(repeating: 0, count: Self.capacity * Self.textSize)
    clear()
  }

  deinit {
    entries.deallocate()
    texts.deallocate()
    buckets.deallocate()
  }

  private mutating func clear() {
    let nothing = Entry(length: 1, next: Self.none, meaning: Meaning(role: .other, slot: -1))
    entries.initialize(repeating: nothing, count: Self.capacity)
    buckets.initialize(repeating: 0, count: Self.bucketCount)
    texts[0] = 0xFF
    texts[Self.textSize] = 0xFF
    count = 2
  }

  /// Where the value begins if what stands at `place` is the separator that followed `last` the last time.
  @inline(__always) func guess(at place: Scan.Place, after last: Int32) -> (place: Scan.Place, entry: Int32)? {
    let next = entries[Int(last)].next
    let length = Int(entries[Int(next)].length)
    guard cscan_equal(place, texts + Int(next) * Self.textSize, length) else { return nil }
    return (place + length, next)
  }

  /// The entry of the separator from `start` to `end`, whose key is the `raw` bytes; it is the guess after `last` from
  /// now on.
  mutating func learn(
    from start: Scan.Place, to end: Scan.Place, raw: UnsafeRawBufferPointer, after last: Int32,
    meaning: (UnsafeRawBufferPointer) -> Meaning
  ) -> Int32 {
    let length = end - start
    guard length <= Self.textSize else {
      entries[Int(Self.tooLong)].meaning = meaning(raw)
      entries[Int(Self.tooLong)].next = Self.none
      return Self.tooLong
    }
    var bucket = Int(truncatingIfNeeded: Hash.bytes(start, length, seed: seed)) & (Self.bucketCount - 1)
    while buckets[bucket] != 0 {
      let entry = Int(buckets[bucket])
      if entries[entry].length == length, cscan_equal(start, texts + entry * Self.textSize, length) {
        entries[Int(last)].next = Int32(entry)
        return Int32(entry)
      }
      bucket = (bucket + 1) & (Self.bucketCount - 1)
    }
    if count == Self.capacity {
      // Whoever is being read goes on with an entry that is new in an empty table.
      clear()
      bucket = Int(truncatingIfNeeded: Hash.bytes(start, length, seed: seed)) & (Self.bucketCount - 1)
    }
    let entry = count
    count += 1
    buckets[bucket] = Int16(entry)
    (texts + entry * Self.textSize).update(from: start, count: length)
    entries[entry] = Entry(length: Int32(length), next: Self.none, meaning: meaning(raw))
    entries[Int(last)].next = Int32(entry)
    return Int32(entry)
  }
}
