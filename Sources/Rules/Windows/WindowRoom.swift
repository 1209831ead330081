/// The windows of a partition: samples in chunks, the windows' computed data, and the operations on both.
///
/// Everything is bounded: a window holds at most `maxSamples` samples, and its computed data is proportional to them.
/// Beyond the limit the oldest are dropped, as if they had left the window.
struct WindowRoom: ~Copyable {
  var chunks = Pool<SampleChunk>()
  var tracks = Pool<SampleTrack>()
  var windows = Pool<Window>()
  var narrowSums = Pool<NarrowSums>()
  var wideSums = Pool<WideSums>()
  var allocator = SizeClassAllocator()
  /// The maximum number of samples in a window; up to `FixedPoint.maxCount`.
  var maxSamples: Int { didSet { maxSamples = WindowRoom.bounded(maxSamples) } }

  init(maxSamples: Int) { self.maxSamples = WindowRoom.bounded(maxSamples) }

  private static func bounded(_ count: Int) -> Int { min(max(2, count), FixedPoint.maxCount) }

  // MARK: Samples

  /// A new sample.
  struct Sample {
    var time: Int64
    var value: Double
    /// The value before it in its track; nil if it is the first one.
    var before: Double?
    /// Its place.
    var chunk: UInt32
    var index: UInt32
    var number: Int64
  }

  /// Appends a sample to its track.
  mutating func append(_ value: Double, at time: Int64, to track: UInt32) -> Sample {
    let samples = tracks[track]
    // 0 without its sign, so that it doesn't matter which zero came first.
    let value = value + 0
    var before: Double?
    if samples.pointee.last != 0 {
      let last = chunks[samples.pointee.last]
      before = last.pointee.values[Int(last.pointee.count) - 1]
    }
    if samples.pointee.last == 0 {
      let number = samples.pointee.nextNumber
      append(chunk: makeChunk(number, capacity: WindowRoom.firstCapacity), to: &samples.pointee)
    } else if chunks[samples.pointee.last].pointee.count == UInt32(SampleChunk.size) {
      append(chunk: makeChunk(samples.pointee.nextNumber), to: &samples.pointee)
    }
    let chunk = chunks[samples.pointee.last]
    let index = chunk.pointee.count
    if index == chunk.pointee.capacity { grow(chunk: samples.pointee.last) }
    chunk.pointee.times[Int(index)] = time
    chunk.pointee.values[Int(index)] = value
    chunk.pointee.count = index + 1
    return Sample(
      time: time, value: value, before: before, chunk: samples.pointee.last, index: index,
      number: Int64(chunk.pointee.number) * Int64(SampleChunk.size) + Int64(index))
  }

  /// Appends a chunk to a track.
  mutating func append(chunk number: UInt32, to samples: inout SampleTrack) {
    chunks[number].pointee.next = 0
    if samples.last == 0 { samples.first = number } else { chunks[samples.last].pointee.next = number }
    samples.last = number
    samples.nextNumber = chunks[number].pointee.number &+ 1
  }

  /// Frees the chunks of a track before the sample `first`.
  mutating func trim(_ track: UInt32, before first: Int64) {
    let samples = tracks[track]
    while samples.pointee.first != samples.pointee.last {
      let chunk = chunks[samples.pointee.first]
      if (Int64(chunk.pointee.number) + 1) * Int64(SampleChunk.size) > first { return }
      let next = chunk.pointee.next
      release(chunk: samples.pointee.first)
      samples.pointee.first = next
    }
  }

  /// Frees all chunks of a track.
  mutating func clear(_ track: UInt32) {
    let samples = tracks[track]
    clear(&samples.pointee)
  }

  /// Frees all chunks of a track that may not be in the pool.
  mutating func clear(_ samples: inout SampleTrack) {
    while samples.first != 0 {
      let next = chunks[samples.first].pointee.next
      release(chunk: samples.first)
      samples.first = next
    }
    samples.last = 0
  }

  /// A copy of a track, with the same samples under the same numbers.
  mutating func copy(track: UInt32) -> UInt32 {
    var copy = SampleTrack(nextNumber: tracks[track].pointee.nextNumber)
    var number = tracks[track].pointee.first
    while number != 0 {
      append(chunk: self.copy(chunk: number), to: &copy)
      number = chunks[number].pointee.next
    }
    return tracks.take(copy)
  }

  /// Moves a window to another track with the same samples.
  mutating func move(window number: UInt32, to track: UInt32) {
    let window = windows[number]
    window.pointee.samples = track
    if window.pointee.count == 0 { return }
    let wanted = chunks[window.pointee.chunk].pointee.number
    var chunk = tracks[track].pointee.first
    while chunk != 0, chunks[chunk].pointee.number != wanted { chunk = chunks[chunk].pointee.next }
    window.pointee.chunk = chunk
  }

  /// Frees a track with all its contents.
  mutating func release(track: UInt32) {
    clear(track)
    tracks.put(track)
  }

  // MARK: Windows

  /// Creates a window without samples over `track`.
  mutating func makeWindow(_ plan: WindowPlan, over track: UInt32) -> UInt32 {
    var window = Window(samples: track)
    if plan.needsSums { window.sums = narrowSums.take(NarrowSums()) }
    return windows.take(window)
  }

  /// Frees a window, but not its track.
  mutating func release(window number: UInt32) {
    let window = windows[number]
    if window.pointee.isWide { wideSums.put(window.pointee.sums) } else { narrowSums.put(window.pointee.sums) }
    window.pointee.extremes.release(&allocator)
    window.pointee.ranks.release(&allocator)
    windows.put(number)
  }

  /// Removes all samples from a window.
  mutating func empty(_ number: UInt32) {
    let window = windows[number]
    window.pointee.firstSample += Int64(window.pointee.count)
    window.pointee.count = 0
    window.pointee.misfits = 0
    window.pointee.infinities = 0
    window.pointee.extremes.empty()
    window.pointee.ranks.empty()
    if window.pointee.isWide {
      wideSums.put(window.pointee.sums)
      window.pointee.sums = narrowSums.take(NarrowSums())
      window.pointee.isWide = false
    } else if window.pointee.sums != 0 {
      narrowSums[window.pointee.sums].pointee = NarrowSums()
    }
  }

  /// Adds the sample that was just appended to a window, and removes those that have become too old. Returns how many
  /// were dropped at the limit.
  mutating func slide(_ number: UInt32, _ plan: WindowPlan, to sample: Sample) -> Int {
    let window = windows[number]
    let edge = sample.time - plan.length
    while window.pointee.count > 0, firstTime(of: window.pointee) <= edge { leaveFirst(window, plan) }
    var dropped = 0
    while window.pointee.count >= UInt32(maxSamples) {
      leaveFirst(window, plan)
      dropped += 1
    }
    if window.pointee.count == 0 {
      window.pointee.chunk = sample.chunk
      window.pointee.index = sample.index
      window.pointee.firstSample = sample.number
    }
    enter(window, plan, sample.number, sample.value, after: window.pointee.count > 0 ? sample.before : nil)
    return dropped
  }

  /// Recomputes a window's data from its samples, which `chunk`, `index`, `count` and `firstSample` define.
  mutating func rebuild(_ number: UInt32, _ plan: WindowPlan) {
    let window = windows[number]
    let edge = window.pointee
    empty(number)
    window.pointee.firstSample = edge.firstSample
    var walk = SampleWalk(edge)
    var before: Double?
    for offset in 0..<Int64(edge.count) {
      let value = walk.next(in: chunks).value
      enter(window, plan, edge.firstSample + offset, value, after: before)
      before = value
    }
  }

  private func firstTime(of window: Window) -> Int64 { chunks[window.chunk].pointee.times[Int(window.index)] }

  /// Adds a sample after the others of the window.
  private mutating func enter(
    _ window: UnsafeMutablePointer<Window>, _ plan: WindowPlan, _ sample: Int64, _ value: Double, after before: Double?
  ) {
    switch plan.kind {
    case .none, .count, .delta: break
    case .average, .sum, .deviation: addSummand(value, to: window, plan)
    case .rate: if let before { addSummand(WindowRoom.increase(from: before, to: value), to: window, plan) }
    case .greatest: window.pointee.extremes.enter(sample, value, &allocator)
    case .least: window.pointee.extremes.enter(sample, -value, &allocator)
    case .rank:
      if window.pointee.ranks.isFull { growRanks(window) }
      window.pointee.ranks.enter(sample, value)
    }
    window.pointee.count += 1
  }

  /// Removes the first sample of the window.
  private mutating func leaveFirst(_ window: UnsafeMutablePointer<Window>, _ plan: WindowPlan) {
    let value = chunks[window.pointee.chunk].pointee.values[Int(window.pointee.index)]
    let sample = window.pointee.firstSample
    window.pointee.count -= 1
    window.pointee.firstSample += 1
    window.pointee.index += 1
    if window.pointee.index == chunks[window.pointee.chunk].pointee.count, window.pointee.count > 0 {
      window.pointee.chunk = chunks[window.pointee.chunk].pointee.next
      window.pointee.index = 0
    }
    switch plan.kind {
    case .none, .count, .delta: break
    case .average, .sum, .deviation: takeSummand(value, from: window, plan)
    case .rate:
      if window.pointee.count > 0 {
        let next = chunks[window.pointee.chunk].pointee.values[Int(window.pointee.index)]
        takeSummand(WindowRoom.increase(from: value, to: next), from: window, plan)
      }
    case .greatest, .least: window.pointee.extremes.leave(through: sample)
    case .rank: window.pointee.ranks.leave(sample)
    }
  }

  /// The increase of a counter; after a fall it began anew, at 0.
  private static func increase(from before: Double, to after: Double) -> Double {
    after >= before ? after - before : after
  }

  /// Doubles the room of a window's percentile, and adds all samples again.
  private mutating func growRanks(_ window: UnsafeMutablePointer<Window>) {
    window.pointee.ranks.grow(&allocator)
    var walk = SampleWalk(window.pointee)
    for offset in 0..<Int64(window.pointee.count) {
      window.pointee.ranks.enter(window.pointee.firstSample + offset, walk.next(in: chunks).value)
    }
  }
}
