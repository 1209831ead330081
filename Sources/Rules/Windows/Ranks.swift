/// The sample of a given rank in a window, in the logarithm of its length: the samples up to that rank in a heap with
/// the greatest on top, the others in one with the least on top. Each sample's place in its heap is known, so that the
/// oldest can be taken out.
///
/// A sample stands in the slot that is its number modulo the capacity; a window holds consecutive ones, so no two share
/// a slot. The low heap grows from the front of `heap`, the high one from its back.
struct Ranks: BitwiseCopyable {
  private var memory: UnsafeMutableRawPointer?
  /// Slots, a power of two.
  private var capacity: UInt32 = 0
  private var low: Int32 = 0
  private var high: Int32 = 0

  private static let smallest: UInt32 = 2
  private static let slotSize = MemoryLayout<Double>.stride + 2 * MemoryLayout<Int32>.stride

  /// How many samples there are.
  var count: Int { Int(low) + Int(high) }

  /// Whether no other sample fits in before `grow`.
  var isFull: Bool { count == Int(capacity) }

  private var bytes: Int { Int(capacity) * Ranks.slotSize }

  /// The memory's three parts.
  private struct Parts {
    let capacity: Int
    /// By slot, the sample.
    let values: UnsafeMutablePointer<Double>
    /// By slot, the index in the low heap, or -1 less that in the high one.
    let places: UnsafeMutablePointer<Int32>
    /// Slots.
    let heap: UnsafeMutablePointer<Int32>

    init(_ memory: UnsafeMutableRawPointer, _ capacity: UInt32) {
      self.capacity = Int(capacity)
      values = memory.assumingMemoryBound(to: Double.self)
      places = (memory + 8 * Int(capacity)).assumingMemoryBound(to: Int32.self)
      heap = places + Int(capacity)
    }

    /// The value at `index` of a heap; in the high one with its sign turned, so that both have the greatest on top.
    func key(_ index: Int, isLow: Bool) -> Double { isLow ? values[slot(index, true)] : -values[slot(index, false)] }

    func slot(_ index: Int, _ isLow: Bool) -> Int { Int(heap[isLow ? index : capacity - 1 - index]) }

    func put(_ slot: Int, at index: Int, isLow: Bool) {
      heap[isLow ? index : capacity - 1 - index] = Int32(truncatingIfNeeded: slot)
      places[slot] = Int32(truncatingIfNeeded: isLow ? index : -1 - index)
    }

    /// Puts the slot at `index` where it belongs, further up or further down, in a heap of `count`.
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

  /// A sample behind all others; there must be room.
  mutating func enter(_ sample: Int64, _ value: Double) {
    guard let memory else { return }
    let parts = Parts(memory, capacity)
    let slot = slot(of: sample)
    parts.values[slot] = value
    // No low one is above a high one, before and after.
    let isLow =
      low > 0 ? value <= parts.key(0, isLow: true) : high == 0 || value <= -parts.key(0, isLow: false)
    insert(slot, isLow: isLow, parts)
  }

  /// A sample leaves.
  mutating func leave(_ sample: Int64) {
    guard let memory else { return }
    let parts = Parts(memory, capacity)
    let place = Int(parts.places[slot(of: sample)])
    remove(place >= 0 ? place : -1 - place, isLow: place >= 0, parts)
  }

  /// All leave.
  mutating func empty() { (low, high) = (0, 0) }

  /// Makes room for twice as many, and forgets all: they must enter again.
  mutating func grow(_ shelves: inout Shelves) {
    let capacity = max(Ranks.smallest, capacity * 2)
    release(&shelves)
    self.capacity = capacity
    memory = shelves.take(bytes: bytes)
  }

  /// Gives its memory back.
  mutating func release(_ shelves: inout Shelves) {
    shelves.put(memory, bytes: bytes)
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
