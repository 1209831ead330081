/// Records that no broker has acknowledged yet, oldest first, so that they can be sent again when a producer fails.
///
/// Bounded by bytes; where it is full, `append` refuses. Grows with what waits in it, and shrinks once that is gone.
struct Backlog {
  /// Whose record it is.
  enum Kind: UInt8 {
    /// The host's: a sample.
    case sample = 0
    /// This program's: its own numbers.
    case own = 1
  }

  /// A record of the backlog, as long as it isn't changed.
  struct Entry {
    /// Names it: the count of bytes that were ever put before it.
    var token: UInt
    var kind: Kind
    /// Where its value stands in the storage.
    var value: Range<Int>
  }

  /// Bytes before each value: its length, its kind and whether it was acknowledged.
  private static let headerSize = 8
  /// What is kept allocated while little waits.
  private static let smallCapacity = 8192

  private let limit: Int
  private var storage: [UInt8]
  /// Where the oldest record stands, and where the next one goes.
  private var head = 0
  private var tail = 0
  /// Where the next record to be handed over stands, between the two.
  private var handed = 0
  /// Bytes that were put and are gone: the token of the storage's first byte.
  private var base: UInt = 0
  /// Records that aren't acknowledged.
  private(set) var count = 0
  /// Of them, those not handed over.
  private(set) var waiting = 0

  /// Takes records as long as they and 8 bytes for each come to `limit` bytes at most.
  init(limit: Int) {
    self.limit = max(limit, Self.smallCapacity)
    storage = [UInt8](repeating: 0, count: Self.smallCapacity)
  }

  /// Puts a record behind the others; false where there is no room for it.
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

  /// The next record to be handed over; nil where all are.
  var next: Entry? { handed < tail ? entry(at: handed) : nil }

  /// The bytes of an entry's value.
  func withValue<Result>(of entry: Entry, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[entry.value])) }
  }

  /// The record that `next` gave was handed over.
  mutating func advance() {
    handed = entry(at: handed).value.upperBound
    waiting -= 1
    skipAcknowledged()
  }

  /// Whose record it is; nil: it isn't there.
  func kind(of token: UInt) -> Kind? {
    guard token >= base, token - base < UInt(tail), Int(token - base) >= head else { return nil }
    return entry(at: Int(token - base)).kind
  }

  /// The record needs no sending any more. One that isn't there, or wasn't handed over, changes nothing.
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

  /// Everything that isn't acknowledged is to be handed over again, in order.
  mutating func rewind() {
    handed = head
    waiting = count
  }

  private func isAcknowledged(_ position: Int) -> Bool { storage[position + 5] == 1 }

  /// After a rewind, some that come next may have been acknowledged before.
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

  /// Moves what is left to the front where half of the storage is gone, else doubles it.
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
