import Platform

/// Samples that found no room: from when to when, and how many, exactly.
struct Loss: Equatable {
  /// When the first of them was taken, by the wall clock.
  var first: WallTime
  /// When the last of them was taken.
  var last: WallTime
  /// The numbers that they had in `sequence`: the first and the last of the gap that readers see.
  var sequences: ClosedRange<Int64>
  /// How many they are.
  var count: Int64
}

/// Follows one loss after the other.
struct LossAccount {
  /// The loss that goes on.
  private(set) var current: Loss?
  /// Samples lost since the start.
  private(set) var total: Int64 = 0

  /// A sample found no room; true where a loss begins with it.
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

  /// A sample found room: the loss that ended with it, if one had begun.
  mutating func end() -> Loss? {
    defer { current = nil }
    return current
  }
}
