/// Up to so many consecutive samples. A *closed* chunk is full, or has others behind it, and never changes again:
/// it needs to be written down only once.
struct SampleChunk: BitwiseCopyable {
  /// Samples in a full one.
  static let size = 32

  /// Bytes of a sample.
  static let sampleSize = MemoryLayout<Int64>.stride + MemoryLayout<Double>.stride

  /// Where the samples stand: all times, then all values, each with room for `capacity`. From the room's shelves.
  fileprivate(set) var memory: UnsafeMutableRawPointer
  /// How many samples there is memory for, a power of two: a host of which little was heard has a small one.
  fileprivate(set) var capacity: UInt32
  /// Which chunk of its track it is; later ones have greater numbers.
  var number: UInt32
  /// The chunk behind it, by its number in the pool; 0: it is the last one.
  var next: UInt32 = 0
  /// How many samples stand in it.
  var count: UInt32 = 0

  /// An empty one in `memory` for `capacity` samples.
  fileprivate init(number: UInt32, memory: UnsafeMutableRawPointer, capacity: UInt32) {
    self.number = number
    self.memory = memory
    self.capacity = capacity
  }

  /// Event times, rising or equal, milliseconds.
  @inline(__always)
  var times: UnsafeMutablePointer<Int64> { memory.assumingMemoryBound(to: Int64.self) }

  /// Values; never NaN or infinite, and 0 has no sign.
  @inline(__always)
  var values: UnsafeMutablePointer<Double> {
    (memory + Int(capacity) * MemoryLayout<Int64>.stride).assumingMemoryBound(to: Double.self)
  }

  /// Bytes of its memory.
  fileprivate var bytes: Int { Int(capacity) * SampleChunk.sampleSize }
}

extension WindowRoom {
  /// Samples that there is memory for in the first chunk of a track, until more come.
  static let firstCapacity: UInt32 = 2

  /// An empty chunk with room for `capacity` samples, a power of two.
  mutating func makeChunk(_ number: UInt32, capacity: UInt32 = UInt32(SampleChunk.size)) -> UInt32 {
    let memory = shelves.take(bytes: Int(capacity) * SampleChunk.sampleSize)
    return chunks.take(SampleChunk(number: number, memory: memory, capacity: capacity))
  }

  /// Gives a chunk back.
  mutating func release(chunk number: UInt32) {
    shelves.put(chunks[number].pointee.memory, bytes: chunks[number].pointee.bytes)
    chunks.put(number)
  }

  /// A chunk that says the same, in memory of its own.
  mutating func copy(chunk number: UInt32) -> UInt32 {
    var copy = chunks[number].pointee
    copy.memory = shelves.take(bytes: copy.bytes)
    copy.memory.copyMemory(from: chunks[number].pointee.memory, byteCount: copy.bytes)
    return chunks.take(copy)
  }

  /// Makes room in a chunk for twice as many samples.
  mutating func grow(chunk number: UInt32) {
    let chunk = chunks[number]
    var larger = chunk.pointee
    larger.capacity *= 2
    larger.memory = shelves.take(bytes: larger.bytes)
    larger.times.update(from: chunk.pointee.times, count: Int(chunk.pointee.count))
    larger.values.update(from: chunk.pointee.values, count: Int(chunk.pointee.count))
    shelves.put(chunk.pointee.memory, bytes: chunk.pointee.bytes)
    chunk.pointee = larger
  }
}

/// The samples that the windowed series of a track share: as many as the one that looks back furthest needs. Each
/// series has a left edge of its own, in its `Window`.
///
/// The sample at `index` of the chunk `number` is sample `number * SampleChunk.size + index` of its track: the numbers of
/// consecutive samples follow one another.
struct SampleTrack: BitwiseCopyable {
  /// Its first and last chunk by their numbers in the pool; 0: there is none.
  var first: UInt32 = 0
  var last: UInt32 = 0
  /// The number of the chunk that comes next.
  var nextNumber: UInt32 = 0
  /// Which of its chunks the changelog has: those from the one number to before the other.
  var writtenFrom: UInt32 = 0
  var writtenTo: UInt32 = 0
}

/// One windowed series: which of its track's samples are in the window, and what follows from these. All but the left
/// edge, `x` and `xTime` can be worked out anew from the samples.
struct Window: BitwiseCopyable {
  /// Its `SampleTrack`.
  var samples: UInt32
  /// The chunk of the first sample in the window by its number in the pool, and the sample's index there. Without a
  /// sample in the window they have no meaning.
  var chunk: UInt32 = 0
  var index: UInt32 = 0
  /// Samples in the window: the last ones of the track.
  var count: UInt32 = 0
  /// The number of the first sample, or of the one that comes next.
  var firstSample: Int64 = 0
  /// The last value that the window gave; NaN: none yet.
  var x = Double.nan
  /// The event time of the record that it gave it at.
  var xTime = Int64.min
  /// The sums that the aggregate needs, by their number among the narrow or the wide ones; 0: it needs none.
  var sums: UInt32 = 0
  /// The sums are wide ones.
  var isWide = false
  /// The log was told that the window holds more samples than are kept.
  var saidFull = false
  /// Summands that narrow sums can't hold.
  var misfits: UInt32 = 0
  /// Summands that are infinite, as the increase from -1e308 to 1e308 is.
  var infinities: UInt32 = 0
  /// For `max`, and with their signs turned for `min`.
  var extremes = Extremes()
  /// For percentiles.
  var ranks = Ranks()
}

/// Goes from the first sample of a window to its last, chunk by chunk.
struct SampleWalk {
  private var chunk: UInt32
  private var index: Int

  /// Begins at the left edge of `window`, which has samples.
  init(_ window: Window) { (chunk, index) = (window.chunk, Int(window.index)) }

  /// The next sample; to be asked as often as there are samples.
  @inline(__always)
  mutating func next(in chunks: borrowing Pool<SampleChunk>) -> (time: Int64, value: Double) {
    if index == Int(chunks[chunk].pointee.count) { (chunk, index) = (chunks[chunk].pointee.next, 0) }
    defer { index += 1 }
    return (chunks[chunk].pointee.times[index], chunks[chunk].pointee.values[index])
  }
}

/// Narrow sums of a window: four words of the sum, eight of the squares.
struct NarrowSums: BitwiseCopyable {
  var words = InlineArray<12, UInt64>(repeating: 0)
}

/// The same, wide.
struct WideSums: BitwiseCopyable {
  var words = InlineArray<101, UInt64>(repeating: 0)
}
