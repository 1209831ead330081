import JSON
import Records

/// The content of one delivery: encoded once, and kept until it is known to be committed. After an abort the same bytes
/// are sent again. If topics take less than was known, it is fitted anew (`Outbox+Fitting.swift`).
///
/// Bounded by what deliveries may gather, a last batch, one change of rules, and the checkpoints that a delivery may
/// carry: nothing is fetched while a delivery is under way.
package struct Outbox {
  /// The stages of a delivery. A log without transactions has each acknowledged before the next is sent.
  enum Stage: UInt8 {
    /// Transitions, for the topic of all transitions; or readings.
    case results
    /// Transitions, for the topic of firing alerts.
    case current
    /// Checkpoints, markers, rule sets.
    case state
  }

  /// The form in which a record is sent.
  enum Shape: UInt8 {
    /// Unchanged.
    case whole
    /// Without summary and labels.
    case bare
    /// Its key, without a value.
    case tombstone
    /// Not at all.
    case absent
  }

  /// One record: its partition, its stage, and its place in `bytes`.
  struct Entry {
    var partition: LogPartition
    var stage: Stage
    var isTombstone = false
    /// Whether nothing can go on without it.
    var isVital = false
    /// Whether it is empty, and only its transaction counts.
    var isBlank = false
    var start: Int
    var valueStart: Int
    var end: Int
    /// The place of summary and labels in a transition.
    var words = 0..<0
    var shape = Shape.whole
  }

  var bytes: [UInt8] = []
  private var writer = Writer()
  var entries: [Entry] = []
  /// The number of results among the entries: transitions, or readings.
  private(set) var transitions = 0
  /// Whether nothing is added any more: its delivery has begun.
  private(set) var isSealed = false
  /// The positions that its delivery commits.
  private(set) var positions: [LogPosition] = []
  /// The records that don't fit unchanged.
  var misfits = Misfits()

  /// The number of records.
  var count: Int { entries.count }

  /// Whether there is nothing to deliver.
  var isEmpty: Bool { entries.isEmpty && positions.isEmpty }

  /// Bytes of all records.
  var size: Int { bytes.count }

  /// The partitions of its records.
  var partitions: Set<LogPartition> { Set(entries.map(\.partition)) }

  /// Adds a transition of `partition`, keyed `rule/subject`.
  mutating func append(_ transition: Transition, of partition: LogPartition) {
    let start = bytes.count
    bytes.append(contentsOf: transition.key.utf8)
    let valueStart = bytes.count
    writer.reset()
    let words = transition.encode(into: &writer)
    bytes.append(contentsOf: writer.bytes)
    var entry = Entry(
      partition: partition, stage: .results, start: start, valueStart: valueStart, end: bytes.count)
    entry.words = (valueStart + words.lowerBound)..<(valueStart + words.upperBound)
    entries.append(entry)
    // The same bytes once more, for the topic of firing alerts.
    entry.stage = .current
    entry.isTombstone = transition.status == .resolved
    entries.append(entry)
    transitions += 1
  }

  /// Adds a result of `partition` that stands for itself: a reading.
  mutating func append(result value: some Sequence<UInt8>, keyed key: String, of partition: LogPartition) {
    let start = bytes.count
    bytes.append(contentsOf: key.utf8)
    let valueStart = bytes.count
    bytes.append(contentsOf: value)
    entries.append(
      Entry(partition: partition, stage: .results, start: start, valueStart: valueStart, end: bytes.count))
    transitions += 1
  }

  /// Adds a record of the changelog; without a value, a tombstone.
  ///
  /// - Parameter isVital: whether nothing can go on without it.
  mutating func append(
    state key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?, of partition: LogPartition,
    isVital: Bool = false
  ) {
    let start = bytes.count
    bytes.append(contentsOf: key)
    let valueStart = bytes.count
    if let value { bytes.append(contentsOf: value) }
    entries.append(
      Entry(
        partition: partition, stage: .state, isTombstone: value == nil, isVital: isVital, start: start,
        valueStart: valueStart, end: bytes.count))
  }

  /// Adds an empty record of the changelog: only its committed transaction counts.
  mutating func append(blankIn scope: ChangelogScope, of partition: LogPartition) {
    var key = BinaryWriter()
    scope.writeBlankKey(to: &key)
    key.bytes.withUnsafeBytes { append(state: $0, nil, of: partition) }
    entries[entries.count - 1].isBlank = true
  }

  /// Whether it holds one empty record only. Its delivery needs no positions, so it can't be refused for them.
  var isOnlyBlank: Bool { entries.count == 1 && entries[0].isBlank }

  /// Adds a record of the changelog whose value depends on its key; a tombstone if `write` returns nil.
  ///
  /// - Parameter isVital: whether nothing can go on without it.
  mutating func append(
    stateKeyed key: BinaryWriter, of partition: LogPartition, isVital: Bool = true,
    value write: (inout BinaryWriter, UnsafeRawBufferPointer) -> Void?
  ) {
    var value = BinaryWriter()
    key.bytes.withUnsafeBytes { key in
      let isThere = write(&value, key) != nil
      value.bytes.withUnsafeBytes { append(state: key, isThere ? $0 : nil, of: partition, isVital: isVital) }
    }
  }

  /// Closes the outbox: its records, in the order of the stages, and these positions are delivered together.
  mutating func seal(_ positions: [LogPosition]) {
    let all = entries
    entries.removeAll(keepingCapacity: true)
    entries += all.filter { $0.stage == .results }
    entries += latest(all.filter { $0.stage == .current })
    entries += all.filter { $0.stage == .state }
    self.positions = positions
    isSealed = true
  }

  /// Keeps only the last record of each key, so that the firing alerts are right wherever a delivery without
  /// transactions breaks off, also a repeated one.
  private func latest(_ entries: [Entry]) -> [Entry] {
    var seen: Set<[UInt8]> = []
    return entries.reversed().filter { seen.insert(Array(bytes[$0.start..<$0.valueStart])).inserted }.reversed()
  }

  /// Whether the record at `index` is the last one of its stage.
  func endsStage(_ index: Int) -> Bool {
    index + 1 >= entries.count || entries[index].stage != entries[index + 1].stage
  }

  /// Produces the record at `index` to `log`, in the shape that fits.
  func produce<Log: EvaluatorLog & ~Copyable>(at index: Int, to log: inout Log) throws(LogFailure) {
    let entry = entries[index]
    if entry.shape == .absent { return }
    let target: LogTarget =
      switch entry.stage {
      case .results: .results
      case .current: .alertsCurrent
      case .state: .changelog(entry.partition.number)
      }
    if entry.shape == .bare, !entry.isTombstone {
      return try produce(bare: bareValue(of: entry), entry, to: target, of: &log)
    }
    let hasValue = !entry.isTombstone && entry.shape != .tombstone
    let result = bytes.withUnsafeBytes { all in
      Result { () throws(LogFailure) in
        try log.produce(
          to: target, key: UnsafeRawBufferPointer(rebasing: all[entry.start..<entry.valueStart]),
          value: hasValue ? UnsafeRawBufferPointer(rebasing: all[entry.valueStart..<entry.end]) : nil)
      }
    }
    try result.get()
  }

  private func produce<Log: EvaluatorLog & ~Copyable>(
    bare value: [UInt8], _ entry: Entry, to target: LogTarget, of log: inout Log
  ) throws(LogFailure) {
    let result = bytes.withUnsafeBytes { all in
      value.withUnsafeBytes { value in
        Result { () throws(LogFailure) in
          try log.produce(
            to: target, key: UnsafeRawBufferPointer(rebasing: all[entry.start..<entry.valueStart]), value: value)
        }
      }
    }
    try result.get()
  }

  /// Empties the outbox: everything is delivered, or nothing is to be delivered any more.
  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    transitions = 0
    isSealed = false
    misfits = Misfits()
    // A storm of alerts must not hold its memory for good.
    bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
  }

  /// Removes what belongs to `partitions`: another worker has them now and makes it anew.
  mutating func remove(of partitions: [LogPartition]) {
    entries.removeAll { partitions.contains($0.partition) }
    positions.removeAll { partitions.contains($0.partition) }
    transitions = entries.count { $0.stage == .results }
    if isEmpty { removeAll() }
  }
}
