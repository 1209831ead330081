import Records

/// Merges the transitions of several partitions into one order: by the Kafka time of their records, at equal times the
/// lower partition first. The order is the same for the same logs, however their batches come.
///
/// A transition waits until no other partition can bring an earlier one. At most `limit` wait; beyond it the earliest
/// is given out without waiting, so that memory stays bounded if one partition is read far ahead of the others.
struct TransitionOrder {
  /// The maximum number of waiting transitions.
  static let limit = 100_000

  private struct Lane {
    /// The latest Kafka time so far; no later record of this partition is earlier.
    var time = Int64.min
    var isDone = false
    var waiting: [(time: Int64, transition: Transition)] = []
    /// How many of `waiting` have been given out.
    var gone = 0

    var first: Int64? { gone < waiting.count ? waiting[gone].time : nil }

    mutating func takeFirst() -> Transition {
      defer {
        gone += 1
        if gone == waiting.count {
          waiting.removeAll(keepingCapacity: true)
          gone = 0
        } else if gone > 1024, gone * 2 > waiting.count {
          waiting.removeFirst(gone)
          gone = 0
        }
      }
      return waiting[gone].transition
    }
  }

  private var lanes: [Lane]
  private var count = 0

  /// Lanes are numbered from 0, in the order of the partitions' numbers.
  init(lanes count: Int) { lanes = Array(repeating: Lane(), count: count) }

  /// Called when a record of `lane` was evaluated; `time` is its Kafka time, -1 if it has none.
  mutating func advance(_ lane: Int, to time: Int64) { lanes[lane].time = max(lanes[lane].time, time) }

  /// Adds a transition of the last record of `lane`.
  mutating func append(_ transition: Transition, in lane: Int) {
    lanes[lane].waiting.append((lanes[lane].time, transition))
    count += 1
  }

  /// Called when no more records of `lane` come.
  mutating func finish(_ lane: Int) { lanes[lane].isDone = true }

  /// The next transition; nil if there is none, or if an earlier one may still come.
  mutating func next() -> Transition? {
    if count == 0 { return nil }
    var best: (time: Int64, lane: Int)?
    for lane in lanes.indices {
      if let time = lanes[lane].first, best.map({ time < $0.time }) ?? true { best = (time, lane) }
    }
    guard let best else { return nil }
    if count <= Self.limit, lanes.indices.contains(where: { mayStillBring($0, before: best) }) { return nil }
    count -= 1
    return lanes[best.lane].takeFirst()
  }

  private func mayStillBring(_ lane: Int, before best: (time: Int64, lane: Int)) -> Bool {
    if lane == best.lane || lanes[lane].isDone || lanes[lane].first != nil { return false }
    return (lanes[lane].time, lane) < (best.time, best.lane)
  }
}
