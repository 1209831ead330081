import Platform

/// A run of lost samples: from when to when, and how many.
struct Loss: Equatable {
  /// When the first of them was taken, by the wall clock.
  var first: WallTime
  /// When the last of them was taken, by the wall clock.
  var last: WallTime
  /// The first and the last sequence number of the gap that readers see.
  var sequences: ClosedRange<Int64>
  /// The number of lost samples.
  var count: Int64
}

/// Tracks one loss after another.
struct LossAccount {
  /// The loss in progress; nil if there is none.
  private(set) var current: Loss?
  /// Samples lost since the start.
  private(set) var total: Int64 = 0

  /// Records that a sample was lost. Returns true if a loss begins with it.
  mutating func lose(at time: WallTime, sequence: Int64) -> Bool {
    total += 1
    guard var loss = current else {
      current = Loss(first: time, last: time, sequences: sequence...sequence, count: 1)
      return true
    }
    loss.last = time
    loss.sequences = loss.sequences.lowerBound...max(loss.sequences.lowerBound, sequence)
    loss.count += 1
    current = loss
    return false
  }

  /// Records that a sample was kept. Returns the loss that this ends, if any.
  mutating func end() -> Loss? {
    defer { current = nil }
    return current
  }
}
