import Cscan
import JSON

/// What a reader has learnt about the layout of records: a table of the bytes seen between two values (comma, key,
/// colon, blanks), each with its key's meaning and the separator that followed it last.
///
/// Most records resemble the previous one, so the next separator is predicted and compared as a whole, never trusted.
/// The table is bounded: when it is full, it is cleared.
struct Separators: ~Copyable {
  typealias Entry = UnsafeMutablePointer<cscan_separator>

  /// The meaning of a key to a reader.
  struct Meaning {
    var role: Role
    /// The key's slot in the plan; -1 if it isn't planned.
    var slot: Int16

    /// That of a key which nobody asks for.
    static var none: Meaning { Meaning(role: .other, slot: -1) }

    /// Whether the value isn't needed.
    @inline(__always) var isSkipped: Bool { role == .other && slot < 0 }
  }

  /// The role of a field that every record may have.
  enum Role: UInt8 {
    case other, host, timestamp, bootID, sequence
  }

  /// The number of roles.
  static let roleCount = 5

  private static let capacity = 512
  private static let textSize = 64
  private static let bucketCount = 2048

  /// The entry before the first separator of a record. As a prediction it is an empty separator: whatever follows it
  /// other than the required value isn't JSON.
  let root: Entry
  private let buckets: UnsafeMutablePointer<Int16>
  private var count = 0
  private let seed = Hash.seed

  init() {
    let size = Self.capacity * MemoryLayout<cscan_separator>.stride
    root = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64).bindMemory(
      to: cscan_separator.self, capacity: Self.capacity)
    buckets = .allocate(capacity: Self.bucketCount)
    clear()
  }

  deinit {
    root.deallocate()
    buckets.deallocate()
  }

  private mutating func clear() {
    buckets.initialize(repeating: 0, count: Self.bucketCount)
    // The second entry is reused for every separator that is too long to be kept.
    for entry in [root, root + 1] { write(entry, nil, length: 0, .none) }
    count = 2
  }

  /// Initialises an entry; without `start` it is an empty separator.
  private func write(_ entry: Entry, _ start: Scan.Place?, length: Int, _ meaning: Meaning) {
    cscan_separator_init(entry, root, start, length)
    entry.pointee.role = meaning.role.rawValue
    entry.pointee.slot = meaning.slot
    entry.pointee.skipped = meaning.isSkipped
  }

  /// The entry of the separator from `start` to `end`, whose key has the `raw` bytes between its quotes. It becomes the
  /// prediction after `last`.
  mutating func learn(
    from start: Scan.Place, to end: Scan.Place, raw: UnsafeRawBufferPointer, after last: Entry, keys: KeyTable
  ) -> Entry {
    let length = end - start
    guard length <= Self.textSize else {
      write(root + 1, nil, length: 0, keys.meaning(of: raw))
      return root + 1
    }
    let hash = Int(truncatingIfNeeded: Hash.bytes(start, length, seed: seed))
    var entry = find(start, length, hash: hash)
    if entry == nil {
      // The current record goes on with the empty table.
      if count == Self.capacity { clear() }
      let new = root + count
      write(new, start, length: length, keys.meaning(of: raw))
      var bucket = hash & (Self.bucketCount - 1)
      while buckets[bucket] != 0 { bucket = (bucket + 1) & (Self.bucketCount - 1) }
      buckets[bucket] = Int16(count)
      count += 1
      entry = new
    }
    let found = entry ?? root
    last.pointee.next = found
    return found
  }

  private func find(_ start: Scan.Place, _ length: Int, hash: Int) -> Entry? {
    var bucket = hash & (Self.bucketCount - 1)
    while buckets[bucket] != 0 {
      let entry = root + Int(buckets[bucket])
      if Int(entry.pointee.length) == length, cscan_follows(start, entry) { return entry }
      bucket = (bucket + 1) & (Self.bucketCount - 1)
    }
    return nil
  }
}
