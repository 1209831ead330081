extension SeriesStates {
  /// Adapts the last N samples of a series to a rule that may have other levels. Returns true if they have changed.
  mutating func changeVotes(
    of state: UnsafeMutablePointer<SeriesState>, from before: SeriesPlan, to after: SeriesPlan
  ) -> Bool {
    if state.pointee.detail == 0 { return false }
    let number = details[state.pointee.detail].pointee.votes
    if number == 0 { return false }
    let was = votes[number].pointee
    votes[number].pointee.change(from: before, to: after)
    let isChanged = votes[number].pointee != was
    if votes[number].pointee.isEmpty { dropVotes(of: state) }
    return isChanged
  }

  /// The result of sharing a subject's samples out to new rules.
  struct SharedSamples {
    /// Whether samples now have another number, under which they must be written.
    var isNew = false
    /// Chunks in the changelog that no current track goes on from, by their tracks' numbers.
    var leftover: [(track: UInt32, chunks: Range<UInt32>)] = []
  }

  /// Gives each windowed track of the new rules samples of its own. The first successor of an old track takes its
  /// samples, others get copies, and samples without a successor are freed.
  mutating func shareOutSamples(
    _ from: Subject, _ to: Subject, _ succession: Succession, written: [UInt32: Range<UInt32>]
  ) -> SharedSamples {
    var written = written
    var shared = SharedSamples()
    var taken: [UInt32] = []
    for track in 0..<succession.new.trackCount where succession.new.tracks[track].isWindowed {
      let plan = succession.new.tracks[track]
      if window(of: to.series[plan.firstSeries]) == 0 { continue }
      let samples = samples(of: plan, to)
      var own = samples
      if taken.contains(samples) {
        own = windows.copy(track: samples)
        for index in plan.series { windows.move(window: window(of: to.series[index]), to: own) }
      } else {
        taken.append(samples)
      }
      let range = written.removeValue(forKey: succession.new.trackNumbers[track])
      windows.tracks[own].pointee.writtenFrom = range?.lowerBound ?? 0
      windows.tracks[own].pointee.writtenTo = range?.upperBound ?? 0
      if range == nil { shared.isNew = true }
    }
    for (track, range) in written.sorted(by: { $0.key < $1.key }) where !range.isEmpty {
      shared.leftover.append((track, range))
    }
    for series in 0..<succession.old.seriesCount {
      let number = window(of: from.series[series])
      if number == 0 { continue }
      let samples = windows.windows[number].pointee.samples
      if taken.contains(samples) { continue }
      taken.append(samples)
      windows.release(track: samples)
    }
    return shared
  }

  /// The chunks in the changelog of each of a subject's windowed tracks, by the track's number.
  func writtenChunks(of subject: Subject, _ layout: Layout) -> [UInt32: Range<UInt32>] {
    if windows.tracks.count == 0 { return [:] }
    var written: [UInt32: Range<UInt32>] = [:]
    for track in 0..<layout.trackCount where layout.tracks[track].isWindowed && subject.tracks[track].isBorn {
      written[layout.trackNumbers[track]] = windows.tracks[samples(of: layout.tracks[track], subject)].pointee.written
    }
    return written
  }
}
