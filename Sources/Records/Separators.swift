import Cscan
import JSON

/// What a worker has learnt of how records are laid out: a table of the bytes that were seen between two values
/// (comma, key, colon, and blanks where there are some), each with what its key means and which one followed it last.
///
/// Most records look like the one before, so the next separator is guessed, compared as a whole, and never trusted.
/// The table is bounded: when it is full it begins anew.
struct Separators: ~Copyable {
  /// One separator. Its text stands behind it in memory.
  struct Entry {
    /// The entry that followed this one last; the root where nothing did.
    var next: EntryPointer
    var length: Int
    /// What the value behind it means to a reader.
    var meaning: Meaning
  }

  typealias EntryPointer = UnsafeMutableRawPointer

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

  /// How many roles there are.
  static let roleCount = 5

  private static let capacity = 512
  private static let textSize = 64
  private static let textOffset = 32
  private static let stride = textOffset + textSize
  private static let bucketCount = 2048

  /// The entry before the first separator of a record. As a guess it matches nothing: no JSON has its one byte 0xFF.
  let root: EntryPointer
  private let buckets: UnsafeMutablePointer<Int16>
  private var count = 0
  private let seed = Hash.seed

  init() {
    assert(MemoryLayout<Entry>.size <= Self.textOffset)
    root = .allocate(byteCount: Self.capacity * Self.stride, alignment: 32)
    root.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity * Self.stride)
    buckets = .allocate(capacity: Self.bucketCount)
    clear()
  }

  deinit {
    root.deallocate()
    buckets.deallocate()
  }

  private mutating func clear() {
    buckets.initialize(repeating: 0, count: Self.bucketCount)
    let nothing = Meaning(role: .other, slot: -1)
    // The second entry is that of a separator too long to be kept, used anew by each.
    for entry in [root, root + Self.stride] {
      entry.storeBytes(of: Entry(next: root, length: 1, meaning: nothing), as: Entry.self)
      text(of: entry).pointee = 0xFF
    }
    count = 2
  }

  @inline(__always) private func text(of entry: EntryPointer) -> UnsafeMutablePointer<UInt8> {
    (entry + Self.textOffset).assumingMemoryBound(to: UInt8.self)
  }

  @inline(__always) func meaning(of entry: EntryPointer) -> Meaning {
    entry.assumingMemoryBound(to: Entry.self).pointee.meaning
  }

  /// How long the separator at `place` is if it is the one that followed `entry` the last time, which `entry` then
  /// becomes; else 0.
  @inline(__always) func guess(at place: Scan.Place, after entry: inout EntryPointer) -> Int {
    let next = entry.assumingMemoryBound(to: Entry.self).pointee.next
    let length = next.assumingMemoryBound(to: Entry.self).pointee.length
    guard cscan_equal(place, text(of: next), length) else { return 0 }
    entry = next
    return length
  }

  /// The entry of the separator from `start` to `end`, whose key is the `raw` bytes; it is the guess after `last` from
  /// now on.
  mutating func learn(
    from start: Scan.Place, to end: Scan.Place, raw: UnsafeRawBufferPointer, after last: EntryPointer,
    meaning: (UnsafeRawBufferPointer) -> Meaning
  ) -> EntryPointer {
    let length = end - start
    guard length <= Self.textSize else {
      let tooLong = root + Self.stride
      tooLong.storeBytes(of: Entry(next: root, length: 1, meaning: meaning(raw)), as: Entry.self)
      return tooLong
    }
    let hash = Int(truncatingIfNeeded: Hash.bytes(start, length, seed: seed))
    var entry = find(start, length, hash: hash)
    if entry == nil {
      // Whoever is being read goes on in an empty table.
      if count == Self.capacity { clear() }
      let new = root + count * Self.stride
      new.storeBytes(of: Entry(next: root, length: length, meaning: meaning(raw)), as: Entry.self)
      text(of: new).update(from: start, count: length)
      var bucket = hash & (Self.bucketCount - 1)
      while buckets[bucket] != 0 { bucket = (bucket + 1) & (Self.bucketCount - 1) }
      buckets[bucket] = Int16(count)
      count += 1
      entry = new
    }
    let found = entry ?? root
    last.assumingMemoryBound(to: Entry.self).pointee.next = found
    return found
  }

  private func find(_ start: Scan.Place, _ length: Int, hash: Int) -> EntryPointer? {
    var bucket = hash & (Self.bucketCount - 1)
    while buckets[bucket] != 0 {
      let entry = root + Int(buckets[bucket]) * Self.stride
      if entry.assumingMemoryBound(to: Entry.self).pointee.length == length, cscan_equal(start, text(of: entry), length)
      {
        return entry
      }
      bucket = (bucket + 1) & (Self.bucketCount - 1)
    }
    return nil
  }
}
