import Records

/// The record that is being applied: what each step asks of it, and the order of the transitions that it makes.
struct RecordInHand: ~Copyable {
  /// The record's value for each track; NaN if it has none that counts.
  let values: UnsafeMutablePointer<Double>
  /// Its event time, milliseconds.
  private(set) var time: Int64 = 0
  /// Where it stands in the log.
  private(set) var offset: Int64 = 0
  /// Where its first transition stands among all that weren't taken yet.
  private var firstTransition = 0
  /// The rules of its transitions, in the order in which these were made.
  private var madeBy: [Int] = []
  /// That is the order of the rules.
  private var isInOrder = true

  init(trackCount: Int) { values = .allocate(capacity: max(1, trackCount)) }

  deinit { values.deallocate() }

  /// The next record; `made` transitions stand there already.
  mutating func begin(time: Int64, offset: Int64, made: Int) {
    self.time = time
    self.offset = offset
    firstTransition = made
  }

  /// Adds the transition of a rule to those that the record made so far.
  mutating func append(_ transition: Transition, of rule: Int, to transitions: inout [Transition]) {
    if transitions.count == firstTransition { madeBy.removeAll(keepingCapacity: true) }
    if let last = madeBy.last, last > rule { isInOrder = false }
    madeBy.append(rule)
    transitions.append(transition)
  }

  /// Puts the record's transitions in the order of the rules.
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
