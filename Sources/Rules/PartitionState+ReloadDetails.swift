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
  /// these, others get copies, and what nobody goes on from is given back.
  mutating func shareOutSamples(_ from: Subject, _ to: Subject, _ succession: Succession) {
    var taken: [UInt32] = []
    for track in 0..<succession.new.trackCount where succession.new.tracks[track].isWindowed {
      let plan = succession.new.tracks[track]
      if window(of: to.series[plan.firstSeries]) == 0 { continue }
      let samples = windows.windows[window(of: to.series[plan.firstSeries])].pointee.samples
      guard taken.contains(samples) else {
        taken.append(samples)
        continue
      }
      let copy = windows.copy(track: samples)
      for index in plan.series { windows.move(window: window(of: to.series[index]), to: copy) }
    }
    for series in 0..<succession.old.seriesCount {
      let number = window(of: from.series[series])
      if number == 0 { continue }
      let samples = windows.windows[number].pointee.samples
      if taken.contains(samples) { continue }
      taken.append(samples)
      windows.release(track: samples)
    }
  }
}
