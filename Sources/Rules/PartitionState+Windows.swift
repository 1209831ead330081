extension PartitionState {
  /// Takes the value of a record that counts into the windows of a track.
  mutating func enterWindows(_ value: Double, _ plan: TrackPlan, _ subject: Subject, _ step: Step, _ time: Int64) {
    let samples = sampleTrack(of: plan, subject)
    if step.isSetBack { emptyWindows(of: plan, subject, samples, at: time) }
    let sample = windows.append(value, at: time, to: samples)
    var first = sample.number
    for index in plan.series {
      let number = window(of: subject.series[index])
      let dropped = windows.slide(number, layout.series[index].window, to: sample)
      if dropped > 0 { noteDropped(dropped, number, layout.series[index].rule, subject) }
      first = min(first, windows.windows[number].pointee.firstSample)
    }
    windows.trim(samples, before: first)
  }

  /// The window of a series; 0: it has none yet.
  mutating func window(of state: SeriesState) -> UInt32 { state.detail == 0 ? 0 : details[state.detail].pointee.window }

  /// The samples that the series of a windowed track share at this subject; at its first record they get them.
  private mutating func sampleTrack(of plan: TrackPlan, _ subject: Subject) -> UInt32 {
    let states = subject.series
    let first = window(of: states[plan.firstSeries])
    if first != 0 { return windows.windows[first].pointee.samples }
    let samples = windows.tracks.take(SampleTrack())
    for index in plan.series {
      if states[index].detail == 0 { states[index].detail = details.take(SeriesDetail()) }
      details[states[index].detail].pointee.window = windows.makeWindow(layout.series[index].window, over: samples)
    }
    return samples
  }

  /// The subject's clock was set back: what was sampled before lies in no window any longer.
  private mutating func emptyWindows(of plan: TrackPlan, _ subject: Subject, _ samples: UInt32, at time: Int64) {
    for index in plan.series {
      let number = window(of: subject.series[index])
      windows.empty(number)
      windows.windows[number].pointee.xTime = time
    }
    windows.clear(samples)
  }

  private mutating func noteDropped(_ count: Int, _ number: UInt32, _ rule: Int, _ subject: Subject) {
    counters.samplesDropped += count
    let window = windows.windows[number]
    if window.pointee.saidFull { return }
    window.pointee.saidFull = true
    say(.windowFull(rule: layout.rules.rules[rule].name, subject: subject.text, kept: windows.maxSamples))
  }

  /// The last value that a series looked at; where a window has given none yet, that of its last record.
  mutating func lastValue(of index: Int, _ subject: Subject) -> Double {
    let value = subject.tracks[layout.trackOfSeries[index]].value
    let window = window(of: subject.series[index])
    if window == 0 { return value }
    let x = windows.windows[window].pointee.x
    return x.isNaN ? value : x
  }

  /// Gives back what a series has beside its state, but not the samples that it shares.
  mutating func releaseDetail(of state: inout SeriesState) {
    if state.detail == 0 { return }
    let detail = details[state.detail].pointee
    votes.put(detail.votes)
    if detail.window != 0 { windows.release(window: detail.window) }
    details.put(state.detail)
    state.detail = 0
  }
}
