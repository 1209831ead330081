/// Memory for what a window keeps beside its samples, in sizes of powers of two. What is given back is used again, so
/// that windows which have once grown to their size allocate nothing.
struct Shelves: ~Copyable {
  private var all: [UnsafeMutableRawPointer] = []
  /// By the logarithm of their size.
  private var free: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: 40)

  /// Bytes that are asked for at once where less is needed.
  private static let slab = 2048

  deinit { for memory in all { memory.deallocate() } }

  /// `bytes` of memory, a power of two below 2^40; whatever stood in it last.
  mutating func take(bytes: Int) -> UnsafeMutableRawPointer {
    if let memory = free[bytes.trailingZeroBitCount].popLast() { return memory }
    // Small ones come many at once: most hosts need a few of them.
    let count = max(1, Shelves.slab / bytes)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes * count, alignment: 16)
    all.append(memory)
    for place in (1..<max(1, count)).reversed() { free[bytes.trailingZeroBitCount].append(memory + place * bytes) }
    return memory
  }

  /// Gives back what `take` gave for so many bytes; nil is let through.
  mutating func put(_ memory: UnsafeMutableRawPointer?, bytes: Int) {
    if let memory { free[bytes.trailingZeroBitCount].append(memory) }
  }
}
