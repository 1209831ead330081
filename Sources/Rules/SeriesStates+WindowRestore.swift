import Records

extension SeriesStates {
  /// Gives a current track the samples of a checkpoint; `chunks` has the chunks of its own records, by their numbers in
  /// the pool. Returns false if one is missing.
  mutating func fillWindows(
    of track: Int, _ layout: Layout, _ subject: Subject, _ stored: StoredSamples, _ lives: [Checkpoint.Life],
    from chunks: inout RestoredChunks
  ) -> Bool {
    let owner = RestoredChunks.Owner(subject: Array(subject.name), track: stored.track)
    var samples = SampleTrack(nextNumber: stored.first)
    let isOwn = stored.track == layout.trackNumbers[track]
    for number in stored.first..<(stored.first + stored.closed) {
      guard let chunk = chunks.find(number, of: owner) else {
        windows.clear(&samples)
        return false
      }
      // The track that goes on under this number has the chunks themselves, others get copies.
      if isOwn { chunks.remove(number, of: owner) }
      windows.append(chunk: isOwn ? chunk : windows.copy(chunk: chunk), to: &samples)
    }
    if isOwn { (samples.writtenFrom, samples.writtenTo) = (stored.first, stored.first + stored.closed) }
    if !stored.open.isEmpty {
      windows.append(chunk: windows.chunk(stored.first + stored.closed, stored.open), to: &samples)
    }
    let number = windows.tracks.take(samples)
    let total = Int64(stored.closed) * Int64(SampleChunk.size) + Int64(stored.open.count)
    var windowOfSeries: [Int: StoredWindow] = [:]
    for life in lives { if let series = layout.series(ofLife: life.number) { windowOfSeries[series] = life.window } }
    for index in layout.tracks[track].series {
      let plan = layout.series[index].window
      let made = windows.makeWindow(plan, over: number)
      if let window = windowOfSeries[index] {
        windows.place(made, plan, last: Int64(window.count), of: total)
        windows.windows[made].pointee.x = window.x
        windows.windows[made].pointee.xTime = window.xTime
      }
      makeDetail(of: subject.series + index).pointee.window = made
    }
    return true
  }
}

extension WindowRoom {
  /// A new chunk with these samples, at most as many as fit.
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

  /// Puts the left edge of a new window before the last `count` of the `total` samples of its track, and computes the
  /// window's other data.
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
