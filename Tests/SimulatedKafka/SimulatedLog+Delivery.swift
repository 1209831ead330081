import Evaluator
import Platform
import Records

extension SimulatedLog {
  package mutating func room(for largest: RecordRoom, until deadline: MonotonicTime) -> RecordRoom {
    if mistake == .forgetsRefusals || mistake == .losesLarge { return .unlimited }
    return cluster.tellsLimits ? cluster.limits : member.room
  }

  /// Whether the topic takes a record of `size` bytes. As with a real broker, the refusal comes only with the answer.
  private func takes(_ size: Int, for target: LogTarget) -> Bool {
    let path: WritableKeyPath<RecordRoom, Int> =
      switch target {
      case .results: \.results
      case .alertsCurrent: \.alertsCurrent
      case .changelog: \.changelog
      }
    if size <= cluster.limits[keyPath: path] { return true }
    if mistake != .losesLarge { member.hasRefusal = true }
    member.room[keyPath: path] = min(size - 1, member.room[keyPath: path])
    return false
  }

  private func checkRefusals() throws(LogFailure) {
    if member.hasRefusal { throw LogFailure(.deliverAgain, reason: "MSG_SIZE_TOO_LARGE") }
  }

  package mutating func begin() throws(LogFailure) {
    try attempt(.begin) { () throws(LogFailure) in
      member.hasRefusal = false
      positions = []
      member.transaction = 0
      member.hasBegun = true
      note(.began)
    }
  }

  /// The open transaction, which the coordinator knows; 0 without transactions.
  private func transaction() throws(LogFailure) -> Int {
    guard isTransactional else { return 0 }
    try checkEpoch()
    if member.transaction == 0 {
      guard let number = cluster.transactions.begin(member.name, at: cluster.time.monotonic) else {
        throw LogFailure(.retry, reason: "CONCURRENT_TRANSACTIONS")
      }
      member.transaction = number
    }
    return member.transaction
  }

  func checkEpoch() throws(LogFailure) {
    if let epoch = member.epoch, cluster.transactions.isCurrent(member.name, epoch: epoch) { return }
    // Fenced by the transaction's own time-out, or by another process with the same name.
    let isOwn = cluster.transactions.owner(of: member.name) == member.id
    throw LogFailure(isOwn ? .restore : .leave, reason: "fenced")
  }

  package mutating func produce(
    to target: LogTarget, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
  ) throws(LogFailure) {
    try attempt(.produce) { () throws(LogFailure) in
      let transaction = try transaction()
      if mistake == .dropsAborted, member.hasAborted, target == .results || target == .alertsCurrent { return }
      let place: SimulatedPlace =
        switch target {
        case .results: .alerts
        case .alertsCurrent: .alertsCurrent
        case .changelog(let number): .changelog(number)
        }
      if !takes(key.count + (value?.count ?? 0), for: target) { return }
      if transaction != 0 { cluster.transactions.touch(place, in: transaction) }
      let bytes = value.map { value in mistake?.spoil(value, key: key) ?? Array(value) }
      var isOutside = false
      if mistake == .writesStateOutside, case .changelog = target { isOutside = true }
      cluster.change(place) {
        $0.append(
          key: Array(key), value: bytes, kafkaTime: cluster.time.wall.milliseconds,
          transaction: isOutside ? 0 : transaction)
      }
      member.appended = cluster.time.wall
      if cluster.journal != nil { note(.produced(target, key: String(decoding: key, as: UTF8.self))) }
    }
  }

  package mutating func flush(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    if isTransactional { return true }
    return try attempt(.flush) { () throws(LogFailure) in
      guard answers(by: deadline) else { return false }
      try checkRefusals()
      note(.flushed)
      return true
    }
  }

  package mutating func sendOffsets(_ positions: [LogPosition]) throws(LogFailure) {
    let copy = positions
    try attempt(.sendOffsets) { () throws(LogFailure) in
      note(.sentOffsets(Dictionary(uniqueKeysWithValues: copy.map { (place($0.partition), $0.position) })))
      guard isTransactional, !copy.isEmpty else { return }
      if copy.contains(where: { cluster.unreadable.contains(place($0.partition)) }) {
        throw LogFailure(.deliverAgain, reason: "TOPIC_AUTHORIZATION_FAILED")
      }
      if mistake == .sendsNoOffsets { return }
      let transaction = try transaction()
      if mistake != .sendsNoMember, !cluster.group.accepts(member, byName: mistake == .fencesNobody) {
        throw LogFailure(.deliverAgain, reason: "ILLEGAL_GENERATION")
      }
      let offsets = commits(copy)
      if mistake == .commitsOffsetsOutside {
        for entry in offsets { cluster.group.commit(entry) }
      } else {
        cluster.transactions.add(offsets, to: transaction)
      }
      member.isInDoubt = false
    }
    self.positions = positions
  }

  private func commits(_ positions: [LogPosition]) -> [SimulatedCommit] {
    positions.map {
      SimulatedCommit(
        partition: place($0.partition), position: $0.position, since: member.since[$0.partition.topic])
    }
  }

  package mutating func commit(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    let positions = positions
    return try attempt(.commit) { () throws(LogFailure) in
      guard answers(by: deadline) else { return false }
      try checkRefusals()
      if isTransactional {
        if try !commitTransaction() { return false }
      } else {
        guard cluster.group.accepts(member) else { throw LogFailure(.retry, reason: "ILLEGAL_GENERATION") }
        for entry in commits(positions) { cluster.group.commit(entry) }
      }
      note(.committed(Dictionary(uniqueKeysWithValues: positions.map { (place($0.partition), $0.position) })))
      return true
    }
  }

  /// Whether the cluster answers by `deadline`; never if no time is left.
  private func answers(by deadline: MonotonicTime) -> Bool {
    if !cluster.isSilent, cluster.time.monotonic < deadline { return true }
    wait(until: deadline)
    return false
  }

  private func commitTransaction() throws(LogFailure) -> Bool {
    member.isInDoubt = false
    guard member.hasBegun else { return true }
    if member.transaction != 0 {
      switch cluster.transactions[member.transaction].state {
      case .open:
        try checkEpoch()
        cluster.transactions.end(member.transaction, isCommit: true)
        if cluster.marksAtOnce { cluster.arriveAll() }
      case .ending(true), .ended(true):
        // An earlier call took effect.
        break
      case .ending(false), .ended(false):
        try checkEpoch()
        throw LogFailure(.restore, reason: "INVALID_TXN_STATE")
      }
    }
    member.hasBegun = false
    member.hasAborted = false
    member.committedAppend = member.appended
    return true
  }

  package mutating func abort(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    try attempt(.abort) { () throws(LogFailure) in
      // As in production: a transaction that may have been decided can't be taken back.
      if isTransactional, member.isInDoubt { throw LogFailure(.restore, reason: "a call has no answer") }
      if isTransactional, member.transaction != 0 {
        try checkEpoch()
        if cluster.transactions[member.transaction].state == .open {
          cluster.transactions.end(member.transaction, isCommit: false)
          if cluster.marksAtOnce { cluster.arriveAll() }
        }
      }
      member.transaction = 0
      member.hasBegun = false
      member.hasAborted = true
      note(.aborted)
      return true
    }
  }
}
