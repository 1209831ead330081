import Records

extension SeriesStates {
  /// Adds the value of a record that counts to the windows of a track. Calls `full` for each window that had to drop
  /// samples early.
  mutating func enterWindows(
    _ value: Double, at time: Int64, _ step: Step, _ plan: TrackPlan, _ layout: Layout, _ subject: Subject,
    full: (_ series: Int, _ dropped: Int, _ isNew: Bool) -> Void
  ) {
    let samples = sampleTrack(of: plan, layout, subject)
    if step.isSetBack { emptyWindows(of: plan, subject, samples, at: time) }
    let sample = windows.append(value, at: time, to: samples)
    var first = sample.number
    for index in plan.series {
      let number = window(of: subject.series[index])
      let dropped = windows.slide(number, layout.series[index].window, to: sample)
      let window = windows.windows[number]
      if dropped > 0 {
        full(index, dropped, !window.pointee.saidFull)
        window.pointee.saidFull = true
      }
      first = min(first, window.pointee.firstSample)
    }
    windows.trim(samples, before: first)
  }

  /// The samples that the series of a windowed track share at a subject, created at its first record.
  private mutating func sampleTrack(of plan: TrackPlan, _ layout: Layout, _ subject: Subject) -> UInt32 {
    let first = window(of: subject.series[plan.firstSeries])
    if first != 0 { return windows.windows[first].pointee.samples }
    let samples = windows.tracks.take(SampleTrack())
    for index in plan.series {
      let window = windows.makeWindow(layout.series[index].window, over: samples)
      makeDetail(of: subject.series + index).pointee.window = window
    }
    return samples
  }

  /// Empties the windows after the subject's clock was set back: earlier samples are in no window any longer.
  private mutating func emptyWindows(of plan: TrackPlan, _ subject: Subject, _ samples: UInt32, at time: Int64) {
    for index in plan.series {
      let number = window(of: subject.series[index])
      windows.empty(number)
      windows.windows[number].pointee.xTime = time
    }
    windows.clear(samples)
  }

  /// The last value of a windowed series; nil if it has no window, or if that has given none yet.
  func lastValue(of state: SeriesState) -> Double? {
    let number = window(of: state)
    if number == 0 { return nil }
    let x = windows.windows[number].pointee.x
    return x.isNaN ? nil : x
  }

  /// The samples of a windowed track at a subject that has them.
  func samples(of plan: TrackPlan, _ subject: Subject) -> UInt32 {
    windows.windows[window(of: subject.series[plan.firstSeries])].pointee.samples
  }

  /// Frees the samples of a windowed track at a subject, if it has any.
  mutating func releaseSamples(of plan: TrackPlan, _ subject: Subject) {
    if window(of: subject.series[plan.firstSeries]) != 0 { windows.release(track: samples(of: plan, subject)) }
  }
}
