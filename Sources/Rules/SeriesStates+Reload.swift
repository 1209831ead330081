extension SeriesStates {
  /// A series goes on under a rule that may have other levels, and so do its last N samples. Returns true if these say
  /// something else now.
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

  /// What becomes of a subject's samples when rules change.
  struct SharedSamples {
    /// Samples stand under a number of their own now, and must be written under it.
    var isNew = false
    /// Chunks in the changelog that no track of today goes on from, by their tracks' numbers.
    var leftover: [(track: UInt32, chunks: Range<UInt32>)] = []
  }

  /// Under the new rules, too, each windowed track has samples of its own. The first that goes on from an old one takes
  /// these, others get copies, and what none goes on from is given back.
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

  /// By the numbers of a subject's windowed tracks, which of their chunks the changelog has.
  func writtenChunks(of subject: Subject, _ layout: Layout) -> [UInt32: Range<UInt32>] {
    if windows.tracks.count == 0 { return [:] }
    var written: [UInt32: Range<UInt32>] = [:]
    for track in 0..<layout.trackCount where layout.tracks[track].isWindowed && subject.tracks[track].isBorn {
      written[layout.trackNumbers[track]] = windows.tracks[samples(of: layout.tracks[track], subject)].pointee.written
    }
    return written
  }
}
