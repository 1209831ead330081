import Platform

/// A partition that a transaction writes to.
package enum SimulatedPlace: Hashable {
  case alerts, alertsCurrent
  case changelog(Int32)
}

/// The transaction coordinator: the owners of transactional ids, open transactions, and markers under way.
///
/// As in Kafka, a commit is answered before its markers are in every partition. They arrive one by one, the group's
/// offsets among them.
package struct SimulatedTransactions {
  /// The state of a transaction.
  package enum State: Equatable {
    case open
    /// Decided; its markers are still under way.
    case ending(isCommit: Bool)
    case ended(isCommit: Bool)
  }

  /// One transaction.
  package struct Transaction {
    package var number: Int
    package var owner: String
    package var state = State.open
    package var began: MonotonicTime
    /// Partitions that wait for a marker.
    package var places: [SimulatedPlace] = []
    /// Offsets that the group commits with it.
    package var offsets: [SimulatedCommit] = []
  }

  /// A transactional id.
  private struct Owner {
    var epoch = 0
    var member = 0
    /// The latest transaction.
    var transaction = 0
  }

  private var owners: [String: Owner] = [:]
  /// All transactions so far; the index of each is its number - 1.
  package private(set) var all: [Transaction] = []
  /// The transactions that are open or ending.
  package private(set) var live: [Int] = []
  /// Transactions that ended for the coordinator, but without these markers, because its broker was killed.
  private var forgotten: [Transaction] = []

  package init() {}

  package subscript(_ number: Int) -> Transaction { all[number - 1] }

  /// A member takes an id over, and its former owner's open transaction is aborted. Returns nil while that goes on.
  ///
  /// - Parameter fences: whether the former owner is fenced.
  package mutating func takeOver(_ name: String, by member: Int, fences: Bool = true) -> Int? {
    var owner = owners[name, default: Owner()]
    if owner.transaction != 0 {
      if case .open = all[owner.transaction - 1].state { end(owner.transaction, isCommit: false) }
      if live.contains(owner.transaction) {
        // The former owner is fenced already, although the member has to ask again.
        if fences { owner.epoch += 1 }
        owner.member = member
        owners[name] = owner
        return nil
      }
    }
    if fences { owner.epoch += 1 }
    owner.member = member
    owner.transaction = 0
    owners[name] = owner
    return owner.epoch
  }

  /// Whether `epoch` is the id's current one.
  package func isCurrent(_ name: String, epoch: Int) -> Bool { owners[name]?.epoch == epoch }

  /// The member that took the id over last.
  package func owner(of name: String) -> Int { owners[name]?.member ?? 0 }

  /// Begins a transaction. Returns nil if the last one hasn't ended everywhere.
  package mutating func begin(_ name: String, at now: MonotonicTime) -> Int? {
    guard let owner = owners[name], owner.transaction == 0 || !live.contains(owner.transaction) else { return nil }
    let number = all.count + 1
    all.append(Transaction(number: number, owner: name, began: now))
    live.append(number)
    owners[name]?.transaction = number
    return number
  }

  package mutating func touch(_ place: SimulatedPlace, in number: Int) {
    if !all[number - 1].places.contains(place) { all[number - 1].places.append(place) }
  }

  package mutating func add(_ offsets: [SimulatedCommit], to number: Int) {
    for entry in offsets {
      all[number - 1].offsets.removeAll { $0.partition == entry.partition }
      all[number - 1].offsets.append(entry)
    }
  }

  /// Commits or aborts a transaction.
  package mutating func end(_ number: Int, isCommit: Bool) {
    all[number - 1].state = .ending(isCommit: isCommit)
    settle(number)
  }

  /// Aborts transactions that are open for longer than the time-out, and fences their owners.
  package mutating func expire(at now: MonotonicTime, timeout: Duration) {
    for number in live where all[number - 1].state == .open && now - all[number - 1].began > timeout {
      owners[all[number - 1].owner]?.epoch += 1
      end(number, isCommit: false)
    }
  }

  /// The number of markers under way.
  package var markersUnderWay: Int {
    live.reduce(0) { sum, number in
      guard case .ending = all[number - 1].state else { return sum }
      return sum + all[number - 1].places.count + (all[number - 1].offsets.isEmpty ? 0 : 1)
    }
  }

  /// The coordinator forgets the markers of `number` that are under way.
  package mutating func forget(_ number: Int) {
    guard case .ending(let isCommit) = all[number - 1].state else { return }
    forgotten.append(all[number - 1])
    all[number - 1].state = .ended(isCommit: isCommit)
    (all[number - 1].places, all[number - 1].offsets) = ([], [])
    live.removeAll { $0 == number }
  }

  /// A marker of `owner` in `place` also ends its forgotten transactions there. Takes their numbers.
  package mutating func takeForgotten(of owner: String, in place: SimulatedPlace) -> [Int] {
    var numbers: [Int] = []
    for index in forgotten.indices where forgotten[index].owner == owner && forgotten[index].places.contains(place) {
      forgotten[index].places.removeAll { $0 == place }
      numbers.append(forgotten[index].number)
    }
    return numbers
  }

  /// The same for the group's offsets.
  package mutating func takeForgottenOffsets(of owner: String) -> [SimulatedCommit] {
    var offsets: [SimulatedCommit] = []
    for index in forgotten.indices where forgotten[index].owner == owner {
      offsets += forgotten[index].offsets
      forgotten[index].offsets = []
    }
    return offsets
  }

  /// The places in which forgotten transactions are still open, with their numbers.
  package var forgottenPlaces: [(SimulatedPlace, Int)] {
    forgotten.flatMap { one in one.places.map { ($0, one.number) } }
  }

  /// Whether a forgotten transaction keeps the group from telling its offset of this partition.
  package func hasForgottenOffset(of partition: Int32) -> Bool {
    forgotten.contains { $0.offsets.contains { $0.partition == partition } }
  }

  /// Where a marker arrives.
  package enum Arrival {
    case place(SimulatedPlace)
    case offsets([SimulatedCommit])
  }

  /// The marker number `index` of those under way arrives.
  package mutating func arrive(_ index: Int) -> (transaction: Int, isCommit: Bool, what: Arrival)? {
    var index = index
    for number in live {
      guard case .ending(let isCommit) = all[number - 1].state else { continue }
      let places = all[number - 1].places.count
      if index < places {
        let place = all[number - 1].places.remove(at: index)
        settle(number)
        return (number, isCommit, .place(place))
      }
      index -= places
      if all[number - 1].offsets.isEmpty { continue }
      if index == 0 {
        let offsets = all[number - 1].offsets
        all[number - 1].offsets = []
        settle(number)
        return (number, isCommit, .offsets(offsets))
      }
      index -= 1
    }
    return nil
  }

  /// Whether an offset of this partition waits for a transaction to end.
  package func hasPendingOffset(of partition: Int32) -> Bool {
    live.contains { number in all[number - 1].offsets.contains { $0.partition == partition } }
  }

  private mutating func settle(_ number: Int) {
    guard case .ending(let isCommit) = all[number - 1].state, all[number - 1].places.isEmpty,
      all[number - 1].offsets.isEmpty
    else { return }
    all[number - 1].state = .ended(isCommit: isCommit)
    live.removeAll { $0 == number }
  }
}
