/// The times at which subjects must be checked again, by the numbers of their blocks: a binary heap, the earliest
/// first.
///
/// A time may be too early, never too late: a due subject is checked, and put back with the time that is correct by
/// then. So a record needs no work here. Takes twenty bytes for each subject in it.
struct Deadlines: ~Copyable {
  private struct Entry: BitwiseCopyable {
    var time: Int64
    var number: UInt32
  }

  private var heap: [Entry] = []
  /// For each number, its place in the heap plus 1; 0 if it isn't in it.
  private var places: [UInt32] = []

  /// The number of entries.
  var count: Int { heap.count }

  /// The earliest time; `Int64.max` if there is none.
  var first: Int64 { heap.first?.time ?? .max }

  /// Whether the number is in the heap.
  func contains(_ number: Int) -> Bool { number < places.count && places[number] != 0 }

  /// Adds a number, or changes its time.
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

  /// Adds a number, or moves its time earlier; an earlier time is kept.
  mutating func bring(_ number: Int, forwardTo time: Int64) {
    if contains(number), heap[Int(places[number]) - 1].time <= time { return }
    set(number, at: time)
  }

  /// The number with the earliest time, if that is not after `time`; it stays in the heap.
  func due(at time: Int64) -> Int? {
    if heap.isEmpty || heap[0].time > time { return nil }
    return Int(heap[0].number)
  }

  /// Removes a number; has no effect if it isn't in the heap.
  mutating func remove(_ number: Int) {
    guard contains(number) else { return }
    let place = Int(places[number]) - 1
    places[number] = 0
    guard let last = heap.popLast(), place < heap.count else { return }
    settle(last, at: place)
  }

  /// Removes all numbers.
  mutating func removeAll() {
    heap.removeAll(keepingCapacity: true)
    for index in places.indices { places[index] = 0 }
  }

  /// Moves an entry from `place` up or down to where it belongs.
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
