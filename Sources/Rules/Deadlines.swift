/// When each subject must be looked at again, by the numbers of their blocks: a binary heap, the earliest first.
///
/// A time may be too early, never too late: whoever comes up is looked at, and put back with the time that it has by then.
/// So nothing is done here for a record. Twenty bytes for each subject that stands in it.
struct Deadlines: ~Copyable {
  private struct Entry: BitwiseCopyable {
    var time: Int64
    var number: UInt32
  }

  private var heap: [Entry] = []
  /// For each number, its place in the heap plus 1; 0: it has none.
  private var places: [UInt32] = []

  /// How many stand in it.
  var count: Int { heap.count }

  /// The earliest time; `Int64.max`: there is none.
  var first: Int64 { heap.first?.time ?? .max }

  /// Whether the number stands in it.
  func contains(_ number: Int) -> Bool { number < places.count && places[number] != 0 }

  /// Puts a number in, or gives it another time.
  mutating func set(_ number: Int, at time: Int64) {
    while places.count <= number { places.append(0) }
    let entry = Entry(time: time, number: UInt32(truncatingIfNeeded: number))
    if places[number] != 0 {
      settle(entry, at: Int(places[number]) - 1)
    } else {
      heap.append(entry)
      settle(entry, at: heap.count - 1)
    }
  }

  /// Puts a number in, or gives it an earlier time; a time that is earlier already stays.
  mutating func bring(_ number: Int, forwardTo time: Int64) {
    if contains(number), heap[Int(places[number]) - 1].time <= time { return }
    set(number, at: time)
  }

  /// The number whose time is the earliest, if that is not after `time`; it stays.
  func due(at time: Int64) -> Int? {
    if heap.isEmpty || heap[0].time > time { return nil }
    return Int(heap[0].number)
  }

  /// Takes a number out; one that isn't there is let through.
  mutating func remove(_ number: Int) {
    guard contains(number) else { return }
    let place = Int(places[number]) - 1
    places[number] = 0
    guard let last = heap.popLast(), place < heap.count else { return }
    settle(last, at: place)
  }

  /// Takes all out.
  mutating func removeAll() {
    heap.removeAll(keepingCapacity: true)
    for index in places.indices { places[index] = 0 }
  }

  /// Puts an entry where it belongs, from `place` upward or downward.
  private mutating func settle(_ entry: Entry, at place: Int) {
    var place = place
    while place > 0, heap[(place - 1) / 2].time > entry.time {
      put(heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    while true {
      var child = 2 * place + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
      if heap[child].time >= entry.time { break }
      put(heap[child], at: place)
      place = child
    }
    put(entry, at: place)
  }

  private mutating func put(_ entry: Entry, at place: Int) {
    heap[place] = entry
    places[Int(entry.number)] = UInt32(truncatingIfNeeded: place + 1)
  }
}
