import Records

/// Brings the transitions of several partitions into one order: by the Kafka time of the records that caused them, of
/// equal times the lower partition first; the same for the same logs, however their batches come.
///
/// A transition waits until no other partition can bring an earlier one. At most `limit` wait; past that the earliest
/// goes without waiting, so that memory stays bounded where one partition is read far ahead of the others.
struct TransitionOrder {
  /// How many transitions wait at most.
  static let limit = 100_000

  private struct Lane {
    /// No record of this partition that still comes is earlier.
    var time = Int64.min
    var isDone = false
    var waiting: [(time: Int64, transition: Transition)] = []
    /// How many of `waiting` have gone.
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

  /// Partitions are numbered from 0 up, in the order of their own numbers.
  init(lanes count: Int) { lanes = Array(repeating: Lane(), count: count) }

  /// A record of `lane` was evaluated; `time` is its Kafka time, -1: it has none.
  mutating func advance(_ lane: Int, to time: Int64) { lanes[lane].time = max(lanes[lane].time, time) }

  /// The last record of `lane` caused this.
  mutating func append(_ transition: Transition, in lane: Int) {
    lanes[lane].waiting.append((lanes[lane].time, transition))
    count += 1
  }

  /// No more records of `lane` come.
  mutating func finish(_ lane: Int) { lanes[lane].isDone = true }

  /// The next transition; nil: an earlier one may still come, or there is none.
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
