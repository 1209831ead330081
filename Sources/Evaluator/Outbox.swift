import JSON
import Records

/// Transitions that are made and not yet acknowledged: encoded once, kept until their delivery is committed.
///
/// Bounded by what one batch of records and one change of rules can make: nothing is fetched while a delivery is
/// under way.
struct Outbox {
  /// One transition: where it came from, and its place in `bytes`.
  private struct Entry {
    var source: SourcePosition
    var start: Int
    var valueStart: Int
    var end: Int
  }

  private var bytes: [UInt8] = []
  private var writer = Writer()
  private var entries: [Entry] = []

  /// How many there are.
  var count: Int { entries.count }

  var isEmpty: Bool { entries.isEmpty }

  /// Adds a transition, keyed `rule/subject`.
  mutating func append(_ transition: Transition) {
    let start = bytes.count
    bytes.append(contentsOf: transition.key.utf8)
    let valueStart = bytes.count
    writer.reset()
    transition.encode(into: &writer)
    bytes.append(contentsOf: writer.bytes)
    entries.append(Entry(source: transition.source, start: start, valueStart: valueStart, end: bytes.count))
  }

  /// Produces the transition at `index` to `log`.
  func produce<Log: EvaluatorLog & ~Copyable>(at index: Int, to log: inout Log) throws(LogFailure) {
    let entry = entries[index]
    let result = bytes.withUnsafeBytes { all in
      Result { () throws(LogFailure) in
        try log.produce(
          key: UnsafeRawBufferPointer(rebasing: all[entry.start..<entry.valueStart]),
          value: UnsafeRawBufferPointer(rebasing: all[entry.valueStart..<entry.end]))
      }
    }
    try result.get()
  }

  /// All are delivered.
  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    // One storm of alerts must not hold its memory for good.
    bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
  }

  /// Somebody else has `partitions` of `topics` now, and makes their transitions anew.
  mutating func remove(of partitions: [LogPartition], in topics: [String]) {
    entries.removeAll { entry in
      partitions.contains { topics[$0.topic] == entry.source.topic && $0.number == entry.source.partition }
    }
    if entries.isEmpty { removeAll() }
  }
}
