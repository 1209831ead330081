/// The sample of a given rank in a window, at a cost logarithmic in its length: the samples up to that rank are in a
/// heap with the greatest on top, the others in one with the least on top. Each sample's place in its heap is stored,
/// so that the oldest can be removed.
///
/// The slot of a sample is its number modulo the capacity; a window has consecutive samples, so no two share a slot.
/// The low heap grows from the front of `heap`, the high one from its back.
struct Ranks: BitwiseCopyable {
  private var memory: UnsafeMutableRawPointer?
  /// The number of slots, a power of two.
  private var capacity: UInt32 = 0
  private var low: Int32 = 0
  private var high: Int32 = 0

  private static let smallest: UInt32 = 2
  private static let slotSize = MemoryLayout<Double>.stride + 2 * MemoryLayout<Int32>.stride

  /// The number of samples.
  var count: Int { Int(low) + Int(high) }

  /// Whether it is full, so that the next sample needs `grow` first.
  var isFull: Bool { count == Int(capacity) }

  private var bytes: Int { Int(capacity) * Ranks.slotSize }

  /// The memory's three parts.
  private struct Parts {
    let capacity: Int
    /// The samples, by slot.
    let values: UnsafeMutablePointer<Double>
    /// By slot, the index in the low heap, or -1 minus the index in the high one.
    let places: UnsafeMutablePointer<Int32>
    /// Slots.
    let heap: UnsafeMutablePointer<Int32>

    init(_ memory: UnsafeMutableRawPointer, _ capacity: UInt32) {
      self.capacity = Int(capacity)
      values = memory.assumingMemoryBound(to: Double.self)
      places = (memory + 8 * Int(capacity)).assumingMemoryBound(to: Int32.self)
      heap = places + Int(capacity)
    }

    /// The value at `index` of a heap; negated in the high one, so that both have the greatest on top.
    func key(_ index: Int, isLow: Bool) -> Double { isLow ? values[slot(index, true)] : -values[slot(index, false)] }

    func slot(_ index: Int, _ isLow: Bool) -> Int { Int(heap[isLow ? index : capacity - 1 - index]) }

    func put(_ slot: Int, at index: Int, isLow: Bool) {
      heap[isLow ? index : capacity - 1 - index] = Int32(truncatingIfNeeded: slot)
      places[slot] = Int32(truncatingIfNeeded: isLow ? index : -1 - index)
    }

    /// Moves the slot at `index` up or down to where it belongs, in a heap of `count`.
    func settle(_ index: Int, count: Int, isLow: Bool) {
      let slot = slot(index, isLow)
      let key = key(index, isLow: isLow)
      var index = index
      while index > 0, self.key((index - 1) / 2, isLow: isLow) < key {
        put(self.slot((index - 1) / 2, isLow), at: index, isLow: isLow)
        index = (index - 1) / 2
      }
      while true {
        var child = 2 * index + 1
        if child >= count { break }
        if child + 1 < count, self.key(child + 1, isLow: isLow) > self.key(child, isLow: isLow) { child += 1 }
        if self.key(child, isLow: isLow) <= key { break }
        put(self.slot(child, isLow), at: index, isLow: isLow)
        index = child
      }
      put(slot, at: index, isLow: isLow)
    }
  }

  /// The sample of this rank, from 1 to `count`; NaN for another.
  mutating func sample(ofRank rank: Int) -> Double {
    guard let memory, (1...max(1, count)).contains(rank), count > 0 else { return .nan }
    let parts = Parts(memory, capacity)
    while Int(low) > rank { move(fromLow: true, parts) }
    while Int(low) < rank { move(fromLow: false, parts) }
    return parts.values[parts.slot(0, true)]
  }

  /// Adds a sample after all others; there must be room.
  mutating func enter(_ sample: Int64, _ value: Double) {
    guard let memory else { return }
    let parts = Parts(memory, capacity)
    let slot = slot(of: sample)
    parts.values[slot] = value
    // No sample of the low heap exceeds one of the high heap, before and after.
    let isLow =
      low > 0 ? value <= parts.key(0, isLow: true) : high == 0 || value <= -parts.key(0, isLow: false)
    insert(slot, isLow: isLow, parts)
  }

  /// Removes a sample.
  mutating func leave(_ sample: Int64) {
    guard let memory else { return }
    let parts = Parts(memory, capacity)
    let place = Int(parts.places[slot(of: sample)])
    remove(place >= 0 ? place : -1 - place, isLow: place >= 0, parts)
  }

  /// Removes all.
  mutating func empty() { (low, high) = (0, 0) }

  /// Makes room for twice as many, and removes all: the caller must add them again.
  mutating func grow(_ allocator: inout SizeClassAllocator) {
    let capacity = max(Ranks.smallest, capacity * 2)
    release(&allocator)
    self.capacity = capacity
    memory = allocator.take(bytes: bytes)
  }

  /// Frees its memory.
  mutating func release(_ allocator: inout SizeClassAllocator) {
    allocator.put(memory, bytes: bytes)
    self = Ranks()
  }

  private func slot(of sample: Int64) -> Int { Int(truncatingIfNeeded: sample) & (Int(capacity) - 1) }

  private mutating func insert(_ slot: Int, isLow: Bool, _ parts: Parts) {
    let index = Int(isLow ? low : high)
    if isLow { low += 1 } else { high += 1 }
    parts.put(slot, at: index, isLow: isLow)
    parts.settle(index, count: index + 1, isLow: isLow)
  }

  private mutating func remove(_ index: Int, isLow: Bool, _ parts: Parts) {
    let last = Int(isLow ? low : high) - 1
    if isLow { low -= 1 } else { high -= 1 }
    if index == last { return }
    parts.put(parts.slot(last, isLow), at: index, isLow: isLow)
    parts.settle(index, count: last, isLow: isLow)
  }

  private mutating func move(fromLow: Bool, _ parts: Parts) {
    let slot = parts.slot(0, fromLow)
    remove(0, isLow: fromLow, parts)
    insert(slot, isLow: !fromLow, parts)
  }
}
