/// Up to `size` consecutive samples. A *closed* chunk is full, or has others after it, and never changes again, so it
/// is written only once.
struct SampleChunk: BitwiseCopyable {
  /// The number of samples in a full chunk.
  static let size = 32

  /// The size of a sample in bytes.
  static let sampleSize = MemoryLayout<Int64>.stride + MemoryLayout<Double>.stride

  /// The memory of the samples: all times, then all values, each with room for `capacity`. From the room's allocator.
  fileprivate(set) var memory: UnsafeMutableRawPointer
  /// The number of samples that the memory has room for, a power of two: a host with few samples has a small chunk.
  fileprivate(set) var capacity: UInt32
  /// The number of the chunk in its track; later ones have greater numbers.
  var number: UInt32
  /// The next chunk, by its number in the pool; 0 if it is the last one.
  var next: UInt32 = 0
  /// The number of its samples.
  var count: UInt32 = 0

  /// An empty chunk in `memory` for `capacity` samples.
  fileprivate init(number: UInt32, memory: UnsafeMutableRawPointer, capacity: UInt32) {
    self.number = number
    self.memory = memory
    self.capacity = capacity
  }

  /// Event times, not falling, in milliseconds.
  @inline(__always)
  var times: UnsafeMutablePointer<Int64> { memory.assumingMemoryBound(to: Int64.self) }

  /// Values; never NaN or infinite, and 0 has no sign.
  @inline(__always)
  var values: UnsafeMutablePointer<Double> {
    (memory + Int(capacity) * MemoryLayout<Int64>.stride).assumingMemoryBound(to: Double.self)
  }

  /// The size of its memory in bytes.
  fileprivate var bytes: Int { Int(capacity) * SampleChunk.sampleSize }
}

extension WindowRoom {
  /// The capacity of the first chunk of a track, until more samples come.
  static let firstCapacity: UInt32 = 2

  /// An empty chunk with room for `capacity` samples, a power of two.
  mutating func makeChunk(_ number: UInt32, capacity: UInt32 = UInt32(SampleChunk.size)) -> UInt32 {
    let memory = allocator.take(bytes: Int(capacity) * SampleChunk.sampleSize)
    return chunks.take(SampleChunk(number: number, memory: memory, capacity: capacity))
  }

  /// Frees a chunk.
  mutating func release(chunk number: UInt32) {
    allocator.put(chunks[number].pointee.memory, bytes: chunks[number].pointee.bytes)
    chunks.put(number)
  }

  /// A copy of a chunk, in memory of its own.
  mutating func copy(chunk number: UInt32) -> UInt32 {
    var copy = chunks[number].pointee
    copy.memory = allocator.take(bytes: copy.bytes)
    copy.memory.copyMemory(from: chunks[number].pointee.memory, byteCount: copy.bytes)
    return chunks.take(copy)
  }

  /// Makes room in a chunk for twice as many samples.
  mutating func grow(chunk number: UInt32) {
    let chunk = chunks[number]
    var larger = chunk.pointee
    larger.capacity *= 2
    larger.memory = allocator.take(bytes: larger.bytes)
    larger.times.update(from: chunk.pointee.times, count: Int(chunk.pointee.count))
    larger.values.update(from: chunk.pointee.values, count: Int(chunk.pointee.count))
    allocator.put(chunk.pointee.memory, bytes: chunk.pointee.bytes)
    chunk.pointee = larger
  }
}

/// The samples that the windowed series of a track share: as many as the longest window needs. Each series has its own
/// left edge, in its `Window`.
///
/// The sample at `index` of the chunk `number` is sample `number * SampleChunk.size + index` of its track: consecutive
/// samples have consecutive numbers.
struct SampleTrack: BitwiseCopyable {
  /// Its first and last chunk by their numbers in the pool; 0 if there is none.
  var first: UInt32 = 0
  var last: UInt32 = 0
  /// The number of the next chunk.
  var nextNumber: UInt32 = 0
  /// The chunks that the changelog has: from the first number up to, but not including, the second.
  var writtenFrom: UInt32 = 0
  var writtenTo: UInt32 = 0
}

/// One windowed series: which of its track's samples are in the window, and the data computed from them. All but the
/// left edge, `x` and `xTime` can be recomputed from the samples.
struct Window: BitwiseCopyable {
  /// Its `SampleTrack`.
  var samples: UInt32
  /// The chunk of the first sample in the window by its number in the pool, and the sample's index there. Meaningless
  /// if the window has no samples.
  var chunk: UInt32 = 0
  var index: UInt32 = 0
  /// The number of samples in the window: the last ones of the track.
  var count: UInt32 = 0
  /// The number of the first sample, or of the next one if there is none.
  var firstSample: Int64 = 0
  /// The last value of the window; NaN if there was none yet.
  var x = Double.nan
  /// The event time of the record of that value.
  var xTime = Int64.min
  /// The sums that the aggregate needs, by their number among the narrow or the wide ones; 0 if it needs none.
  var sums: UInt32 = 0
  /// Whether the sums are wide ones.
  var isWide = false
  /// Whether it was logged that the window has more samples than are kept.
  var saidFull = false
  /// The number of summands that don't fit narrow sums.
  var misfits: UInt32 = 0
  /// The number of infinite summands, such as the increase from -1e308 to 1e308.
  var infinities: UInt32 = 0
  /// For `max`, and with negated values for `min`.
  var extremes = Extremes()
  /// For percentiles.
  var ranks = Ranks()
}

/// Iterates over the samples of a window, chunk by chunk.
struct SampleWalk {
  private var chunk: UInt32
  private var index: Int

  /// Begins at the left edge of `window`, which must have samples.
  init(_ window: Window) { (chunk, index) = (window.chunk, Int(window.index)) }

  /// The next sample; may be called once for each sample.
  @inline(__always)
  mutating func next(in chunks: borrowing Pool<SampleChunk>) -> (time: Int64, value: Double) {
    if index == Int(chunks[chunk].pointee.count) { (chunk, index) = (chunks[chunk].pointee.next, 0) }
    defer { index += 1 }
    return (chunks[chunk].pointee.times[index], chunks[chunk].pointee.values[index])
  }
}

/// The narrow sums of a window: four words of the sum, eight of the squares.
struct NarrowSums: BitwiseCopyable {
  var words = InlineArray<12, UInt64>(repeating: 0)
}

/// The wide sums.
struct WideSums: BitwiseCopyable {
  var words = InlineArray<101, UInt64>(repeating: 0)
}
