import Cscan
import JSON

/// Memory for the unescaped texts of one record; padded, and reused from record to record.
package struct TextStore: ~Copyable {
  private var memory: UnsafeMutablePointer<UInt8>
  private var capacity = 1024
  private var used = 0

  /// A store without texts.
  package init() { memory = .allocate(capacity: capacity) }

  deinit { memory.deallocate() }

  /// Discards all texts, and makes room for those of a value of `size` bytes. No text is longer than its escaped form.
  package mutating func reset(for size: Int, texts: Int) {
    used = 0
    let needed = size + texts * Int(CSCAN_PADDING)
    guard needed > capacity else { return }
    memory.deallocate()
    capacity = max(needed, 2 * capacity)
    memory = .allocate(capacity: capacity)
  }

  /// Unescapes `raw`; nil if it isn't UTF-8, or there is no room. Valid until the next `reset`.
  package mutating func unescape(_ raw: UnsafeRawBufferPointer) -> UnsafeBufferPointer<UInt8>? {
    // Each text is unescaped once, so there is always room. The check keeps memory safe even if that were wrong.
    guard raw.count <= capacity - used - Int(CSCAN_PADDING) else { return nil }
    let start = memory + used
    guard let count = Text.unescape(raw, into: start) else { return nil }
    (start + count).update(repeating: 0, count: Int(CSCAN_PADDING))
    used += count + Int(CSCAN_PADDING)
    return UnsafeBufferPointer(start: start, count: count)
  }
}
