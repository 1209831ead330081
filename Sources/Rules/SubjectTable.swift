/// All subjects of a partition: names in an open-addressing table, blocks in chunks that never move, so that a million
/// subjects grow without a copy.
struct SubjectTable: ~Copyable {
  /// Blocks in a chunk; a power of two.
  private static let chunk = 256

  /// Bytes of a block.
  private(set) var blockSize: Int
  private var chunks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var chunkCount = 0
  private var chunkCapacity = 16
  /// Upper half: that of the hash; lower half: number of the block plus 1. 0: free.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  /// Blocks that were ever used; those among them that nobody lives in are in `vacant`.
  private(set) var used = 0
  private var vacant: [Int] = []

  init(blockSize: Int) {
    self.blockSize = blockSize
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

  /// How many subjects there are.
  var count: Int { used - vacant.count }

  /// The block with this number, below `used`; its length is 0 where nobody lives there.
  @inline(__always)
  subscript(number: Int) -> Subject {
    let number = UInt(bitPattern: number)
    let size = UInt(SubjectTable.chunk)
    return Subject(block: chunks[Int(number / size)] + Int(number % size) &* blockSize)
  }

  /// The subject of this name, where there is one.
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

  /// A new, empty subject; there must be none of this name.
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

  /// Takes the subject of this name out, after its state was given back.
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
  /// header comes along.
  mutating func rebuild(blockSize size: Int, _ move: (_ from: Subject, _ to: Subject) -> Void) {
    for index in 0..<chunkCount {
      let old = chunks[index]
      let new = UnsafeMutableRawPointer.allocate(byteCount: SubjectTable.chunk * size, alignment: 64)
      new.initializeMemory(as: UInt8.self, repeating: 0, count: SubjectTable.chunk * size)
      for place in 0..<min(SubjectTable.chunk, used - index * SubjectTable.chunk) {
        let from = Subject(block: old + place * blockSize)
        let to = Subject(block: new + place * size)
        to.header.pointee = from.header.pointee
        if from.isInhabited { move(from, to) }
      }
      chunks[index] = new
      old.deallocate()
    }
    blockSize = size
  }

  /// Moves up what a gap at `slot` would hide, so that searches may go on ending at a free slot.
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
    chunks[chunkCount] = .allocate(byteCount: SubjectTable.chunk * blockSize, alignment: 64)
    chunkCount += 1
  }
}
