import Cscan
import JSON

/// Memory for the texts of one record whose escapes had to be undone; padded, and kept from record to record.
struct TextStore: ~Copyable {
  private var memory: UnsafeMutablePointer<UInt8>
  private var capacity = 1024
  private var used = 0

  init() { memory = .allocate(capacity: capacity) }

  deinit { memory.deallocate() }

  /// Forgets all texts, and makes room for those of a value of `size` bytes: none of them is longer than it stood there.
  mutating func reset(for size: Int, texts: Int) {
    used = 0
    let needed = size + texts * Int(CSCAN_PADDING)
    guard needed > capacity else { return }
    memory.deallocate()
    capacity = max(needed, 2 * capacity)
    memory = .allocate(capacity: capacity)
  }

  /// What `raw` means; nil where it isn't UTF-8, and where there is no room for it. Valid until the next `reset`.
  mutating func unescape(_ raw: UnsafeRawBufferPointer) -> UnsafeBufferPointer<UInt8>? {
    // Each text is undone once, so there is room for all of them; memory doesn't depend on that being so.
    guard raw.count <= capacity - used - Int(CSCAN_PADDING) else { return nil }
    let start = memory + used
    guard let count = Text.unescape(raw, into: start) else { return nil }
    (start + count).update(repeating: 0, count: Int(CSCAN_PADDING))
    used += count + Int(CSCAN_PADDING)
    return UnsafeBufferPointer(start: start, count: count)
  }
}
