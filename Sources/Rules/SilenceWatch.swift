/// Step 8: the subjects that may be silent by now, on the clock of `PartitionState.now`.
struct SilenceWatch: ~Copyable {
  private var deadlines = Deadlines()
  /// Whether a rule uses `no_data`.
  let isNeeded: Bool
  /// The shortest silence that counts, in milliseconds.
  private let shortest: Int64

  init(_ layout: Layout) {
    isNeeded = layout.watchesSilence
    var shortest = Int64.max
    for index in 0..<layout.seriesCount where layout.series[index].watchesSilence {
      let written = layout.series[index].noDataAfter
      // The minimum of the default.
      shortest = min(shortest, written < 0 ? Step.shortestHole : written)
    }
    self.shortest = shortest == .max ? Step.shortestHole : shortest
  }

  /// The next time at which a subject may be silent; `Int64.max` if none is watched.
  var first: Int64 { deadlines.first }

  /// Schedules a check of the subject in this block for the time when it could be silent for long enough.
  mutating func watch(_ number: Int, from now: Int64) { deadlines.bring(number, forwardTo: now &+ shortest) }

  /// Schedules the next check of the subject in this block for `time`.
  mutating func look(at number: Int, again time: Int64) { deadlines.set(number, at: time) }

  /// Stops watching the subject in this block.
  mutating func remove(_ number: Int) { deadlines.remove(number) }

  /// A subject that is due for a check; nil if there is none.
  func due(at now: Int64) -> Int? { deadlines.due(at: now) }
}
