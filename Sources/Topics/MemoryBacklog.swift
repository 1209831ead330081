/// A backlog in memory, bounded by bytes: `append` refuses a record if it is full.
///
/// Memory grows with the content, and shrinks once the backlog is empty.
public struct MemoryBacklog: Backlog {
  /// What a record's bytes contain besides the value, and whether it was acknowledged.
  private struct Marks: OptionSet {
    let rawValue: UInt8
    static let acknowledged = Marks(rawValue: 1)
    /// A partition comes first: 4 bytes.
    static let hasPartition = Marks(rawValue: 2)
    /// Then a key: its length in 4 bytes, and its bytes.
    static let hasKey = Marks(rawValue: 4)
    /// There is no value.
    static let isTombstone = Marks(rawValue: 8)
  }

  /// A record: 8 bytes, besides its content in `bytes`.
  private struct Slot {
    private var low: UInt32
    private var high: UInt16
    let lane: UInt8
    var marks: Marks

    init(start: UInt64, lane: UInt8, marks: Marks) {
      low = UInt32(truncatingIfNeeded: start)
      high = UInt16(truncatingIfNeeded: start >> 32)
      self.lane = lane
      self.marks = marks
    }

    /// The number of bytes ever appended before the record, modulo 2^48.
    var start: UInt64 { UInt64(high) << 32 | UInt64(low) }
  }

  /// The bytes that stay allocated while the backlog is empty.
  private static let smallCapacity = 8192
  /// The slots that stay allocated while the backlog is empty.
  private static let smallCount = 64

  private let limit: Int
  private var bytes: [UInt8] = []
  private var slots: [Slot] = []
  /// The number of the record in the first slot.
  private var base: UInt = 1
  /// The number of bytes ever appended before those in `bytes`.
  private var origin: UInt64 = 0
  /// The slots of the oldest record, and of the next one to hand over.
  private var head = 0
  private var handed = 0
  /// The number of records that aren't acknowledged.
  public private(set) var count = 0
  /// The number of records that aren't handed over.
  public private(set) var waiting = 0

  /// A backlog of at most `limit` bytes, counting 8 bytes more for each record; at least 8192.
  public init(limit: Int) {
    self.limit = max(limit, Self.smallCapacity)
    bytes.reserveCapacity(Self.smallCapacity)
    slots.reserveCapacity(Self.smallCount)
  }

  /// Appends a copy of the record; false if there is no room for it.
  public mutating func append(_ record: OutgoingRecord) -> Bool {
    var marks: Marks = []
    var size = 0
    if record.partition != nil {
      marks.insert(.hasPartition)
      size += MemoryLayout<Int32>.size
    }
    if let key = record.key {
      guard key.count <= Int(UInt32.max) else { return false }
      marks.insert(.hasKey)
      size += MemoryLayout<UInt32>.size + key.count
    }
    if let value = record.value { size += value.count } else { marks.insert(.isTombstone) }
    let used = bytes.count - start(ofSlot: head) + MemoryLayout<Slot>.stride * (slots.count - head)
    guard used + MemoryLayout<Slot>.stride + size <= limit else { return false }
    makeRoom(size)
    slots.append(Slot(start: origin &+ UInt64(bytes.count), lane: record.lane, marks: marks))
    if let partition = record.partition { append(partition) }
    if let key = record.key {
      append(UInt32(key.count))
      bytes.append(contentsOf: key)
    }
    if let value = record.value { bytes.append(contentsOf: value) }
    count += 1
    waiting += 1
    return true
  }

  private mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
  }

  /// Calls `body` with the next record to hand over and its number. Returns false if there is none.
  public func withNext(_ body: (OutgoingRecord, _ number: UInt) -> Void) -> Bool {
    guard handed < slots.count else { return false }
    let slot = slots[handed]
    bytes.withUnsafeBytes { bytes in
      var start = start(ofSlot: handed)
      let end = self.start(ofSlot: handed + 1)
      var record = OutgoingRecord(lane: slot.lane, value: nil)
      if slot.marks.contains(.hasPartition) {
        record.partition = bytes.loadUnaligned(fromByteOffset: start, as: Int32.self)
        start += MemoryLayout<Int32>.size
      }
      if slot.marks.contains(.hasKey) {
        let length = Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
        start += MemoryLayout<UInt32>.size
        record.key = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        start += length
      }
      if !slot.marks.contains(.isTombstone) { record.value = UnsafeRawBufferPointer(rebasing: bytes[start..<end]) }
      body(record, base + UInt(handed))
    }
    return true
  }

  /// Marks the record that `withNext` gave as handed over.
  public mutating func advance() {
    handed += 1
    waiting -= 1
    // A rewind may leave acknowledged records ahead.
    while handed < slots.count, slots[handed].marks.contains(.acknowledged) { handed += 1 }
  }

  /// The lane of a record; nil if the record isn't here.
  public func lane(of number: UInt) -> UInt8? { slot(of: number).map { slots[$0].lane } }

  /// Drops the record. Ignored if it isn't here, or wasn't handed over.
  public mutating func acknowledge(_ number: UInt) {
    guard let slot = slot(of: number), slot < handed else { return }
    slots[slot].marks.insert(.acknowledged)
    count -= 1
    while head < slots.count, slots[head].marks.contains(.acknowledged) { head += 1 }
    handed = max(handed, head)
    if count == 0, head == slots.count { empty() }
  }

  /// Makes every record wait to be handed over again, in order.
  public mutating func rewind() {
    handed = head
    waiting = count
  }

  /// The slot of a record that isn't acknowledged.
  private func slot(of number: UInt) -> Int? {
    guard number >= base, number - base < UInt(slots.count) else { return nil }
    let slot = Int(number - base)
    return slot >= head && !slots[slot].marks.contains(.acknowledged) ? slot : nil
  }

  /// Where a slot's content begins in `bytes`; the end of `bytes` for a slot that doesn't exist yet.
  private func start(ofSlot slot: Int) -> Int {
    slot < slots.count ? Int((slots[slot].start &- origin) & 0xFFFF_FFFF_FFFF) : bytes.count
  }

  private mutating func empty() {
    base += UInt(slots.count)
    origin &+= UInt64(bytes.count)
    (head, handed) = (0, 0)
    slots.removeAll(keepingCapacity: slots.capacity <= 2 * Self.smallCount)
    bytes.removeAll(keepingCapacity: bytes.capacity <= 2 * Self.smallCapacity)
    slots.reserveCapacity(Self.smallCount)
    bytes.reserveCapacity(Self.smallCapacity)
  }

  /// Moves the content to the front if half of it is acknowledged and there is no room behind it. Otherwise the arrays
  /// grow.
  private mutating func makeRoom(_ size: Int) {
    if bytes.count + size <= bytes.capacity, slots.count < slots.capacity { return }
    let done = start(ofSlot: head)
    guard done >= bytes.count / 2 || head >= slots.count / 2, head > 0 else { return }
    bytes.removeSubrange(..<done)
    slots.removeSubrange(..<head)
    base += UInt(head)
    origin &+= UInt64(done)
    handed -= head
    head = 0
  }
}
