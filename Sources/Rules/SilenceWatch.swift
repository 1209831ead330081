/// Step 8: which subject may be silent by now, on the clock of `PartitionState.now`.
struct SilenceWatch: ~Copyable {
  private var deadlines = Deadlines()
  /// Silence means something to one of the rules.
  let isNeeded: Bool
  /// How long a subject must be silent at least, milliseconds.
  private let shortest: Int64

  init(_ layout: Layout) {
    isNeeded = layout.watchesSilence
    var shortest = Int64.max
    for index in 0..<layout.seriesCount where layout.series[index].watchesSilence {
      let written = layout.series[index].noDataAfter
      // The shortest that a default can be.
      shortest = min(shortest, written < 0 ? Step.shortestHole : written)
    }
    self.shortest = shortest == .max ? Step.shortestHole : shortest
  }

  /// When a subject may be silent next; `Int64.max` if none is waited for.
  var first: Int64 { deadlines.first }

  /// The subject in this block is looked at when it could be silent for long enough.
  mutating func watch(_ number: Int, from now: Int64) { deadlines.bring(number, forwardTo: now &+ shortest) }

  /// The subject in this block is looked at again at `time`.
  mutating func look(at number: Int, again time: Int64) { deadlines.set(number, at: time) }

  /// The subject in this block isn't waited for.
  mutating func remove(_ number: Int) { deadlines.remove(number) }

  /// A subject to be looked at; nil if there is none.
  func due(at now: Int64) -> Int? { deadlines.due(at: now) }
}
