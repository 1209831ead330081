import Cglibc
import Glibc

/// All subjects of a partition: names in an open-addressing table, state in chunks that never move, so that the table
/// grows without copying. A chunk has first its blocks, then their series, so that the data that every record touches
/// is close together.
struct SubjectTable: ~Copyable {
  /// The number of blocks in a chunk; a power of two.
  private static let chunk = 256

  /// The size of a block in bytes.
  private(set) var blockSize: Int
  /// The number of a subject's series.
  private var seriesCount: Int
  private var chunks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var chunkCount = 0
  private var chunkCapacity = 16
  /// Upper half: that of the hash. Lower half: the number of the block plus 1. 0 if the slot is free.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  /// The number of blocks ever used; the free ones among them are in `vacant`.
  private(set) var used = 0
  private var vacant: [Int] = []

  init(blockSize: Int, seriesCount: Int) {
    self.blockSize = blockSize
    self.seriesCount = seriesCount
    chunks = .allocate(capacity: chunkCapacity)
    mask = 255
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: 0, count: mask + 1)
  }

  deinit {
    for number in 0..<used where self[number].isInhabited { self[number].vacate() }
    for index in 0..<chunkCount { chunks[index].deallocate() }
    chunks.deallocate()
    slots.deallocate()
  }

  /// The number of subjects.
  var count: Int { used - vacant.count }

  /// The block with this number, below `used`; the length of its name is 0 if it is free.
  @inline(__always)
  subscript(number: Int) -> Subject {
    let number = UInt(bitPattern: number)
    let size = UInt(SubjectTable.chunk)
    return SubjectTable.subject(Int(number % size), in: chunks[Int(number / size)], blockSize, seriesCount)
  }

  @inline(__always)
  private static func subject(
    _ place: Int, in chunk: UnsafeMutableRawPointer, _ blockSize: Int, _ seriesCount: Int
  ) -> Subject {
    let series = (chunk + SubjectTable.chunk &* blockSize).assumingMemoryBound(to: SeriesState.self)
    return Subject(block: chunk + place &* blockSize, series: series + place &* seriesCount)
  }

  /// Memory for a chunk of such blocks, filled with zeros.
  private static func makeChunk(_ blockSize: Int, _ seriesCount: Int) -> UnsafeMutableRawPointer {
    let size = SubjectTable.chunk * (blockSize + seriesCount * MemoryLayout<SeriesState>.stride)
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    memset(chunk, 0, size)
    return chunk
  }

  /// The subject of this name; nil if there is none.
  @inline(__always)
  func find(_ name: UnsafeRawBufferPointer, hash: UInt64) -> Subject? {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let entry = slots[slot]
      if entry == 0 { return nil }
      if (entry ^ hash) >> 32 == 0 {
        let subject = self[Int(entry & 0xFFFF_FFFF) - 1]
        if subject.header.pointee.hash == hash, subject.isNamed(name) { return subject }
      }
      slot = (slot + 1) & mask
    }
  }

  /// The number of a subject's block.
  func number(of subject: Subject) -> Int? {
    let hash = subject.header.pointee.hash
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot] & 0xFFFF_FFFF) - 1
      if (slots[slot] ^ hash) >> 32 == 0, self[number].block == subject.block { return number }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Prefetches the place where a search for this hash begins.
  @inline(__always)
  func prefetchSlot(hash: UInt64) { statusd_prefetch(slots + (Int(truncatingIfNeeded: hash) & mask)) }

  /// Prefetches the memory that a usual record touches of the subject that such a search most likely finds.
  @inline(__always)
  func prefetchBlock(hash: UInt64) {
    let entry = slots[Int(truncatingIfNeeded: hash) & mask]
    if entry == 0 { return }
    let block = self[Int(entry & 0xFFFF_FFFF) - 1].block
    var line = 0
    while line < blockSize {
      statusd_prefetch(block + line)
      line &+= 64
    }
  }

  /// Creates an empty subject; there must be none of this name.
  mutating func insert(_ name: UnsafeRawBufferPointer, hostLength: Int, hash: UInt64) -> Subject {
    if (count + 1) * 2 > mask + 1 { rehash() }
    let number: Int
    if let last = vacant.popLast() {
      number = last
    } else {
      number = used
      if number / SubjectTable.chunk == chunkCount { addChunk() }
      used += 1
    }
    let subject = self[number]
    subject.settle(name, hostLength: hostLength, hash: hash, blockSize: blockSize)
    enter(number, hash: hash)
    return subject
  }

  /// Removes the subject of this name, after its state was freed.
  mutating func remove(_ name: UnsafeRawBufferPointer, hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot] & 0xFFFF_FFFF) - 1
      if self[number].header.pointee.hash == hash, self[number].isNamed(name) {
        self[number].vacate()
        vacant.append(number)
        close(slot)
        return
      }
      slot = (slot + 1) & mask
    }
  }

  /// Gives every subject a block of another size, chunk by chunk; `move` fills each new block from the old one. The
  /// header is copied.
  mutating func rebuild(
    blockSize size: Int, seriesCount count: Int, _ move: (_ number: Int, _ from: Subject, _ to: Subject) -> Void
  ) {
    for index in 0..<chunkCount {
      let old = chunks[index]
      let new = SubjectTable.makeChunk(size, count)
      for place in 0..<min(SubjectTable.chunk, used - index * SubjectTable.chunk) {
        let from = SubjectTable.subject(place, in: old, blockSize, seriesCount)
        let to = SubjectTable.subject(place, in: new, size, count)
        to.header.pointee = from.header.pointee
        if from.isInhabited { move(index * SubjectTable.chunk + place, from, to) }
      }
      chunks[index] = new
      old.deallocate()
    }
    blockSize = size
    seriesCount = count
  }

  /// Moves up entries behind a gap at `slot`, so that searches can still end at a free slot.
  private mutating func close(_ slot: Int) {
    var gap = slot
    var next = (slot + 1) & mask
    while slots[next] != 0 {
      let home = Int(truncatingIfNeeded: self[Int(slots[next] & 0xFFFF_FFFF) - 1].header.pointee.hash) & mask
      if (next - home) & mask >= (next - gap) & mask {
        slots[gap] = slots[next]
        gap = next
      }
      next = (next + 1) & mask
    }
    slots[gap] = 0
  }

  private mutating func enter(_ number: Int, hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = hash & ~0xFFFF_FFFF | UInt64(number + 1)
  }

  private mutating func rehash() {
    slots.deallocate()
    mask = mask * 2 + 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: 0, count: mask + 1)
    for number in 0..<used where self[number].isInhabited {
      enter(number, hash: self[number].header.pointee.hash)
    }
  }

  private mutating func addChunk() {
    if chunkCount == chunkCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: chunkCapacity * 2)
      larger.moveInitialize(from: chunks, count: chunkCount)
      chunks.deallocate()
      chunks = larger
      chunkCapacity *= 2
    }
    chunks[chunkCount] = SubjectTable.makeChunk(blockSize, seriesCount)
    chunkCount += 1
  }
}
