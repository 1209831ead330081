extension PartitionState {
  /// A series goes on under a rule that may have other levels: so do its last N samples. True: they say something else
  /// now.
  mutating func changeVotes(
    of state: UnsafeMutablePointer<SeriesState>, from before: SeriesPlan, to after: SeriesPlan
  ) -> Bool {
    if state.pointee.detail == 0 { return false }
    let detail = details[state.pointee.detail]
    if detail.pointee.votes == 0 { return false }
    let votes = votes[detail.pointee.votes]
    let was = votes.pointee
    votes.pointee.change(from: before, to: after)
    if votes.pointee.isEmpty {
      self.votes.put(detail.pointee.votes)
      detail.pointee.votes = 0
      if state.pointee.alert == 0 { dropIdleDetail(of: state) }
    }
    return votes.pointee != was
  }

  /// Under the new rules, too, each windowed track has samples of its own: the first that goes on from an old one takes
  /// these, others get copies, and what nobody goes on from is given back. True: samples stand under a number of their
  /// own now, and must be written under it.
  mutating func shareOutSamples(
    _ from: Subject, _ to: Subject, _ succession: Succession, written: [UInt32: Range<UInt32>]
  ) -> Bool {
    var written = written
    var isNew = false
    var taken: [UInt32] = []
    for track in 0..<succession.new.trackCount where succession.new.tracks[track].isWindowed {
      let plan = succession.new.tracks[track]
      if window(of: to.series[plan.firstSeries]) == 0 { continue }
      let samples = windows.windows[window(of: to.series[plan.firstSeries])].pointee.samples
      var own = samples
      if taken.contains(samples) {
        own = windows.copy(track: samples)
        for index in plan.series { windows.move(window: window(of: to.series[index]), to: own) }
      } else {
        taken.append(samples)
      }
      if let range = written.removeValue(forKey: succession.new.trackNumbers[track]) {
        (windows.tracks[own].pointee.writtenFrom, windows.tracks[own].pointee.writtenTo) = (
          range.lowerBound, range.upperBound
        )
      } else {
        (windows.tracks[own].pointee.writtenFrom, windows.tracks[own].pointee.writtenTo) = (0, 0)
        isNew = true
      }
    }
    for (track, range) in written.sorted(by: { $0.key < $1.key }) where !range.isEmpty {
      // Where others have the track still, this subject may come to use its chunks' numbers again.
      if succession.new.trackNumbers.contains(track) {
        urgent.gone.append(to.name, track: track, chunks: range)
      } else {
        leftover.append(to.name, track: track, chunks: range)
      }
    }
    for series in 0..<succession.old.seriesCount {
      let number = window(of: from.series[series])
      if number == 0 { continue }
      let samples = windows.windows[number].pointee.samples
      if taken.contains(samples) { continue }
      taken.append(samples)
      windows.release(track: samples)
    }
    return isNew
  }

  /// By the numbers of a subject's windowed tracks, which of their chunks the changelog has.
  mutating func writtenChunks(of subject: Subject, _ old: Layout) -> [UInt32: Range<UInt32>] {
    var written: [UInt32: Range<UInt32>] = [:]
    for track in 0..<old.trackCount where old.tracks[track].isWindowed && subject.tracks[track].isBorn {
      let first = subject.series[old.tracks[track].firstSeries]
      let samples = windows.windows[window(of: first)].pointee.samples
      written[old.trackNumbers[track]] = windows.tracks[samples].pointee.written
    }
    return written
  }
}
