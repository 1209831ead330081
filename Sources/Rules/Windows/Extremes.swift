/// The maximum of a window, in constant time: the samples that no later one exceeds, in their order, so that the first
/// is the greatest (a *monotonic deque*). For the minimum all values are negated.
struct Extremes: BitwiseCopyable {
  private struct Entry: BitwiseCopyable {
    /// The sample's number in its track.
    var sample: Int64
    var value: Double
  }

  private var memory: UnsafeMutableRawPointer?
  /// The number of entries that fit, a power of two.
  private var capacity: UInt32 = 0
  private var head: UInt32 = 0
  private var count: UInt32 = 0

  private static let smallest: UInt32 = 2

  private var bytes: Int { Int(capacity) * MemoryLayout<Entry>.stride }

  private func entry(_ index: UInt32) -> UnsafeMutablePointer<Entry>? {
    memory.map { $0.assumingMemoryBound(to: Entry.self) + Int((head &+ index) & (capacity &- 1)) }
  }

  /// The greatest value; NaN if there is none.
  var greatest: Double { count == 0 ? .nan : entry(0)?.pointee.value ?? .nan }

  /// Adds a sample after all others.
  mutating func enter(_ sample: Int64, _ value: Double, _ allocator: inout SizeClassAllocator) {
    while count > 0, let last = entry(count - 1), last.pointee.value <= value { count -= 1 }
    if count == capacity { grow(&allocator) }
    count += 1
    entry(count - 1)?.initialize(to: Entry(sample: sample, value: value))
  }

  /// Removes the samples up to this one.
  mutating func leave(through sample: Int64) {
    while count > 0, let first = entry(0), first.pointee.sample <= sample {
      head = (head &+ 1) & (capacity &- 1)
      count -= 1
    }
  }

  /// Removes all.
  mutating func empty() { (head, count) = (0, 0) }

  /// Frees its memory.
  mutating func release(_ allocator: inout SizeClassAllocator) {
    allocator.put(memory, bytes: bytes)
    self = Extremes()
  }

  private mutating func grow(_ allocator: inout SizeClassAllocator) {
    var larger = self
    larger.capacity = max(Extremes.smallest, capacity * 2)
    let room = allocator.take(bytes: larger.bytes)
    (larger.memory, larger.head) = (room, 0)
    for index in 0..<count {
      guard let old = entry(index), let new = larger.entry(index) else { continue }
      new.initialize(to: old.pointee)
    }
    allocator.put(memory, bytes: bytes)
    self = larger
  }
}
