/// The records that no broker has acknowledged, oldest first, kept to resend them if a producer fails.
///
/// Bounded by bytes: `append` refuses a record if it is full. Memory grows with its content and shrinks once it is
/// empty.
struct Backlog {
  /// The source of a record.
  enum Kind: UInt8 {
    /// The host: a sample.
    case sample = 0
    /// This process: statusd's own metrics.
    case own = 1
  }

  /// A record in the backlog. Valid until the backlog changes.
  struct Entry {
    /// Identifies the record: the number of bytes ever appended before it.
    var token: UInt
    var kind: Kind
    /// The position of its value in the storage.
    var value: Range<Int>
  }

  /// The size of the header before each value: its length, its kind and whether it was acknowledged.
  private static let headerSize = 8
  /// The capacity that stays allocated while the backlog is empty.
  private static let smallCapacity = 8192

  private let limit: Int
  private var storage: [UInt8]
  /// The positions of the oldest record and of the next append.
  private var head = 0
  private var tail = 0
  /// The position of the next record to hand over, between `head` and `tail`.
  private var handed = 0
  /// Bytes appended and removed so far: the token of the storage's first byte.
  private var base: UInt = 0
  /// Records that aren't acknowledged.
  private(set) var count = 0
  /// Records that aren't handed over.
  private(set) var waiting = 0

  /// A backlog of at most `limit` bytes, counting 8 bytes more for each record; at least 8192.
  init(limit: Int) {
    self.limit = max(limit, Self.smallCapacity)
    storage = [UInt8](repeating: 0, count: Self.smallCapacity)
  }

  /// Appends a record; false if there is no room for it.
  mutating func append(_ kind: Kind, _ value: [UInt8]) -> Bool {
    let size = Self.headerSize + value.count
    guard tail - head + size <= limit, value.count <= Int(UInt32.max) else { return false }
    makeRoom(size)
    storage.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: UInt32(value.count), toByteOffset: tail, as: UInt32.self)
      bytes[tail + 4] = kind.rawValue
      bytes[tail + 5] = 0
      for (i, byte) in value.enumerated() { bytes[tail + Self.headerSize + i] = byte }
    }
    tail += size
    count += 1
    waiting += 1
    return true
  }

  /// The next record to hand over; nil if there is none.
  var next: Entry? { handed < tail ? entry(at: handed) : nil }

  /// The bytes of an entry's value.
  func withValue<Result>(of entry: Entry, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[entry.value])) }
  }

  /// Marks the record that `next` returned as handed over.
  mutating func advance() {
    handed = entry(at: handed).value.upperBound
    waiting -= 1
    skipAcknowledged()
  }

  /// The kind of the record with this token; nil if there is none.
  func kind(of token: UInt) -> Kind? {
    guard token >= base, token - base < UInt(tail), Int(token - base) >= head else { return nil }
    return entry(at: Int(token - base)).kind
  }

  /// Marks the record as acknowledged. Ignored if there is no such record, or it wasn't handed over.
  mutating func acknowledge(_ token: UInt) {
    guard token >= base, token - base < UInt(tail) else { return }
    let position = Int(token - base)
    guard position >= head, position < handed, !isAcknowledged(position) else { return }
    storage[position + 5] = 1
    count -= 1
    while head < tail, isAcknowledged(head) { head = entry(at: head).value.upperBound }
    handed = max(handed, head)
    guard head == tail else { return }
    base += UInt(tail)
    head = 0
    tail = 0
    handed = 0
    if storage.count > Self.smallCapacity { storage = [UInt8](repeating: 0, count: Self.smallCapacity) }
  }

  /// Makes every unacknowledged record wait to be handed over again, in order.
  mutating func rewind() {
    handed = head
    waiting = count
  }

  private func isAcknowledged(_ position: Int) -> Bool { storage[position + 5] == 1 }

  /// Skips acknowledged records, which a rewind may leave ahead.
  private mutating func skipAcknowledged() {
    while handed < tail, isAcknowledged(handed) { handed = entry(at: handed).value.upperBound }
  }

  private func entry(at position: Int) -> Entry {
    storage.withUnsafeBytes { bytes in
      let length = Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      let start = position + Self.headerSize
      return Entry(
        token: base + UInt(position), kind: Kind(rawValue: bytes[position + 4]) ?? .sample,
        value: start..<(start + length))
    }
  }

  /// Moves the content to the front if that leaves half of the storage free, else allocates more.
  private mutating func makeRoom(_ size: Int) {
    if tail + size <= storage.count { return }
    let used = tail - head
    if used + size > storage.count / 2 {
      var larger = storage.count * 2
      while larger < used + size { larger *= 2 }
      var moved = [UInt8](repeating: 0, count: larger)
      moved.replaceSubrange(0..<used, with: storage[head..<tail])
      storage = moved
    } else {
      storage.withUnsafeMutableBytes { $0[0..<used].copyBytes(from: $0[head..<tail]) }
    }
    base += UInt(head)
    handed -= head
    tail -= head
    head = 0
  }
}
