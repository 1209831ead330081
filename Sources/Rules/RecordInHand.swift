import Records

/// The record that is being applied: its data for each step, and the order of its transitions.
struct RecordInHand: ~Copyable {
  /// The record's value for each track; NaN if it has none that counts.
  let values: UnsafeMutablePointer<Double>
  /// Its event time, in milliseconds.
  private(set) var time: Int64 = 0
  /// Its offset.
  private(set) var offset: Int64 = 0
  /// The index of its first transition among all that weren't taken yet.
  private var firstTransition = 0
  /// The rules of its transitions, in the order in which they were made.
  private var madeBy: [Int] = []
  /// Whether that is the order of the rules.
  private var isInOrder = true

  init(trackCount: Int) { values = .allocate(capacity: max(1, trackCount)) }

  deinit { values.deallocate() }

  /// Begins the next record; `made` is the number of transitions before it.
  mutating func begin(time: Int64, offset: Int64, made: Int) {
    self.time = time
    self.offset = offset
    firstTransition = made
  }

  /// The record counts for a series at this time, which is later than its own if it was overtaken.
  mutating func settle(at time: Int64) { self.time = time }

  /// Appends the transition of a rule to those of the record.
  mutating func append(_ transition: Transition, of rule: Int, to transitions: inout [Transition]) {
    if transitions.count == firstTransition { madeBy.removeAll(keepingCapacity: true) }
    if let last = madeBy.last, last > rule { isInOrder = false }
    madeBy.append(rule)
    transitions.append(transition)
  }

  /// Sorts the record's transitions into the order of the rules.
  @inline(__always)
  mutating func end(_ transitions: inout [Transition]) {
    if !isInOrder { putInOrder(&transitions) }
  }

  @inline(never)
  private mutating func putInOrder(_ transitions: inout [Transition]) {
    isInOrder = true
    let order = madeBy.indices.sorted { madeBy[$0] < madeBy[$1] }
    let made = order.map { transitions[firstTransition + $0] }
    transitions.replaceSubrange(firstTransition..., with: made)
  }
}
