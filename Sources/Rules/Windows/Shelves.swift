/// Memory for what a window keeps beside its samples, in sizes of powers of two. What is given back is used again, so
/// that windows which have once grown to their size allocate nothing.
struct Shelves: ~Copyable {
  private var all: [UnsafeMutableRawPointer] = []
  /// By the logarithm of their size.
  private var free: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: 40)

  deinit { for memory in all { memory.deallocate() } }

  /// `bytes` of memory, a power of two below 2^40; whatever stood in it last.
  mutating func take(bytes: Int) -> UnsafeMutableRawPointer {
    if let memory = free[bytes.trailingZeroBitCount].popLast() { return memory }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    all.append(memory)
    return memory
  }

  /// Gives back what `take` gave for so many bytes; nil is let through.
  mutating func put(_ memory: UnsafeMutableRawPointer?, bytes: Int) {
    if let memory { free[bytes.trailingZeroBitCount].append(memory) }
  }
}
