/// Memory for the computed data of windows, in sizes of powers of two. Freed memory is reused, so that windows which
/// have reached their size allocate nothing.
struct SizeClassAllocator: ~Copyable {
  private var all: [UnsafeMutableRawPointer] = []
  /// Free pieces, by the logarithm of their size.
  private var free: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: 40)

  /// The number of bytes that are allocated at once for small pieces.
  private static let slab = 2048

  deinit { for memory in all { memory.deallocate() } }

  /// Takes `bytes` of uninitialized memory, a power of two below 2^40.
  mutating func take(bytes: Int) -> UnsafeMutableRawPointer {
    if let memory = free[bytes.trailingZeroBitCount].popLast() { return memory }
    // Small pieces are allocated many at once, because most hosts need a few of them.
    let count = max(1, SizeClassAllocator.slab / bytes)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes * count, alignment: 16)
    all.append(memory)
    for place in (1..<max(1, count)).reversed() { free[bytes.trailingZeroBitCount].append(memory + place * bytes) }
    return memory
  }

  /// Frees memory from `take` of this size; has no effect for nil.
  mutating func put(_ memory: UnsafeMutableRawPointer?, bytes: Int) {
    if let memory { free[bytes.trailingZeroBitCount].append(memory) }
  }
}
