import Records

/// Whose chunks those are.
struct ChunkOwner: Hashable {
  var subject: [UInt8]
  var track: UInt32
}

extension PartitionState {
  /// Takes a chunk that the checkpoint of its subject will ask for.
  mutating func restoreChunk(
    _ name: UnsafeRawBufferPointer, track: UInt32, number: UInt64, key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer?
  ) throws(ChangelogProblem) {
    guard let number = UInt32(exactly: number), number < UInt32.max / 2 else { throw .impossible("chunk") }
    guard let value else { return }
    let samples: [StoredSample]
    do {
      var (_, reader) = try BinaryReader.sealed(
        value, for: key, version: CheckpointFormat.chunkVersion, checksumSince: 2)
      samples = try reader.samples(SampleChunk.size, base: 0)
      try reader.end()
    } catch {
      urgent.gone.append(name, track: track, chunks: number..<(number + 1))
      throw error
    }
    waiting[ChunkOwner(subject: Array(name), track: track), default: [:]][number] = windows.chunk(number, samples)
  }

  /// Gives a track of today's the samples of a checkpoint. False: a chunk is missing.
  mutating func fillWindows(of track: Int, _ subject: Subject, _ stored: StoredSamples, _ lives: [Checkpoint.Life])
    -> Bool
  {
    let owner = ChunkOwner(subject: Array(subject.name), track: stored.track)
    var samples = SampleTrack(nextNumber: stored.first)
    let isOwn = stored.track == layout.trackNumbers[track]
    for number in stored.first..<(stored.first + stored.closed) {
      guard let chunk = waiting[owner]?[number] else {
        windows.clear(&samples)
        return false
      }
      // The track that goes on under the number has the chunks themselves.
      if isOwn { waiting[owner]?[number] = nil }
      windows.append(chunk: isOwn ? chunk : windows.copy(chunk: chunk), to: &samples)
    }
    if isOwn {
      (samples.writtenFrom, samples.writtenTo) = (stored.first, stored.first + stored.closed)
    }
    if !stored.open.isEmpty {
      windows.append(chunk: windows.chunk(stored.first + stored.closed, stored.open), to: &samples)
    }
    let number = windows.tracks.take(samples)
    let total = Int64(stored.closed) * Int64(SampleChunk.size) + Int64(stored.open.count)
    var windowOfSeries: [Int: StoredWindow] = [:]
    for life in lives { if let series = layout.series(ofLife: life.number) { windowOfSeries[series] = life.window } }
    for index in tracks[track].series {
      var detail = SeriesDetail()
      let plan = layout.series[index].window
      detail.window = windows.makeWindow(plan, over: number)
      if let window = windowOfSeries[index] {
        windows.place(detail.window, plan, last: Int64(window.count), of: total)
        windows.windows[detail.window].pointee.x = window.x
        windows.windows[detail.window].pointee.xTime = window.xTime
      }
      subject.series[index].detail = details.take(detail)
    }
    return true
  }

  /// Chunks that no checkpoint asked for are taken away in time; they may be of tracks that are no more.
  mutating func dropWaitingChunks() {
    let today = waiting.isEmpty ? [] : Set(layout.trackNumbers)
    for (owner, chunks) in waiting {
      let isToday = today.contains(owner.track)
      owner.subject.withUnsafeBytes { name in
        for (number, chunk) in chunks {
          windows.release(chunk: chunk)
          let gone = number..<(number + 1)
          // A track of today may come to use the number again.
          if isToday {
            urgent.gone.append(name, track: owner.track, chunks: gone)
          } else {
            leftover.append(name, track: owner.track, chunks: gone)
          }
        }
      }
    }
    waiting = [:]
  }
}

extension WindowRoom {
  /// A chunk of its own with these samples, at most as many as fit.
  mutating func chunk(_ number: UInt32, _ samples: [StoredSample]) -> UInt32 {
    var capacity = WindowRoom.firstCapacity
    while capacity < UInt32(min(samples.count, SampleChunk.size)) { capacity *= 2 }
    let made = makeChunk(number, capacity: capacity)
    let chunk = chunks[made]
    for (place, sample) in samples.prefix(SampleChunk.size).enumerated() {
      chunk.pointee.times[place] = sample.time
      chunk.pointee.values[place] = sample.value
    }
    chunk.pointee.count = UInt32(min(samples.count, SampleChunk.size))
    return made
  }

  /// Puts the left edge of a new window before the last `count` of the `total` samples of its track, and works out what
  /// it keeps beside them.
  mutating func place(_ number: UInt32, _ plan: WindowPlan, last count: Int64, of total: Int64) {
    let window = windows[number]
    let samples = tracks[window.pointee.samples].pointee
    guard count > 0, count <= total, samples.first != 0 else {
      window.pointee.firstSample = Int64(samples.nextNumber) * Int64(SampleChunk.size)
      return
    }
    var skip = total - count
    var chunk = samples.first
    while skip >= Int64(SampleChunk.size) {
      chunk = chunks[chunk].pointee.next
      skip -= Int64(SampleChunk.size)
    }
    window.pointee.chunk = chunk
    window.pointee.index = UInt32(skip)
    window.pointee.count = UInt32(count)
    window.pointee.firstSample = Int64(chunks[chunk].pointee.number) * Int64(SampleChunk.size) + skip
    rebuild(number, plan)
  }
}
