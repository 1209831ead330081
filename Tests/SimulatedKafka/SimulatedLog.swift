import Evaluator
import Platform
import Records

/// One worker's view of a simulated cluster. Waiting moves the cluster's clock.
package struct SimulatedLog: EvaluatorLog {
  package let cluster: SimulatedCluster
  package let member: SimulatedMember
  /// Whether deliveries are transactions.
  let isTransactional: Bool
  /// The planted bug; nil if there is none.
  let mistake: PlantedMistake?
  /// The longest wait, because others have to act meanwhile; nil if there is no limit.
  let longestWait: Duration?
  /// The positions of the delivery under way.
  var positions: [LogPosition] = []

  package init(
    _ cluster: SimulatedCluster, _ member: SimulatedMember, isTransactional: Bool = true,
    mistake: PlantedMistake? = nil, longestWait: Duration? = nil
  ) {
    self.cluster = cluster
    self.member = member
    self.isTransactional = isTransactional
    self.mistake = mistake
    self.longestWait = longestWait
  }

  /// Does `body`, unless a fault keeps it from that; some faults let it take effect and fail nevertheless.
  func attempt<Result>(
    _ call: SimulatedCall, _ body: () throws(LogFailure) -> Result
  ) throws(LogFailure) -> Result {
    if member.isDead { throw LogFailure(.leave, reason: "dead") }
    guard let faults = cluster.faults else { return try body() }
    let fault = faults(call, member)
    // Others may have had their turn meanwhile.
    if member.isDead { throw LogFailure(.leave, reason: "dead") }
    switch fault {
    case nil: return try body()
    case .fails(.deliverAgain) where call == .commit && isDecided: return try body()
    case .fails(let remedy): throw LogFailure(remedy, reason: "planted")
    case .failsAfter(let remedy):
      _ = try body()
      if call == .sendOffsets || call == .commit { member.isInDoubt = true }
      throw LogFailure(remedy, reason: "planted, after the effect")
    case .crashes:
      member.isDead = true
      throw LogFailure(.leave, reason: "dead")
    case .crashesAfter:
      _ = try body()
      member.isDead = true
      throw LogFailure(.leave, reason: "dead")
    }
  }

  /// Whether the transaction has been ended, and only the answer was lost.
  var isDecided: Bool { member.transaction != 0 && cluster.transactions[member.transaction].state != .open }

  func place(_ partition: LogPartition) -> Int32 { cluster.places.place(of: partition) }

  func index(_ partition: LogPartition) -> Int { Int(place(partition)) }

  func note(_ entry: SimulatedCluster.Entry) { cluster.journal?.append(entry) }

  // MARK: Reading

  package mutating func nextEvent() -> LogEvent? {
    if member.isDead { return nil }
    // Any call tells the member the generation, even without an event.
    member.generation = member.nextGeneration
    guard !member.events.isEmpty else { return nil }
    let event = member.events.removeFirst()
    if case .revoked(let partitions, lost: false) = event {
      member.askedBack.formUnion(partitions.map(cluster.places.place))
    }
    return event
  }

  package mutating func fetch<Receiver: LogReceiver & ~Copyable>(
    until deadline: MonotonicTime, into receiver: inout Receiver
  ) -> Bool {
    do throws(LogFailure) { try attempt(.fetch) { () throws(LogFailure) in } } catch { return false }
    receiver.batchBegins(at: cluster.time.monotonic)
    var left = cluster.batch
    for (partition, entry) in cluster.strays where entry.offset < member.reading[partition] ?? .max {
      give(entry, of: partition, to: &receiver)
      left -= 1
    }
    cluster.strays = []
    for number in member.reading.keys.sorted() {
      guard left > 0, let position = member.reading[number] else { continue }
      read(number, from: position, &left, into: &receiver)
    }
    readFollowed(&left, into: &receiver)
    if left == cluster.batch {
      wait(until: deadline)
      if let whileWaiting = cluster.whileWaiting {
        whileWaiting()
        receiver.batchBegins(at: cluster.time.monotonic)
        for number in member.reading.keys.sorted() {
          guard left > 0, let position = member.reading[number] else { continue }
          read(number, from: position, &left, into: &receiver)
        }
      }
    }
    return left == 0
  }

  private func read<Receiver: LogReceiver & ~Copyable>(
    _ number: Int32, from start: Int64, _ left: inout Int, into receiver: inout Receiver
  ) {
    let partition = cluster.source[Int(number)]
    var position = start
    if position < partition.start || position > partition.end {
      member.events.append(.outOfRange(cluster.places.id(at: number), position: position))
      member.reading[number] = nil
      left -= 1
      return
    }
    let limit = partition.lastStable
    while left > 0, let entry = partition.next(from: position, before: limit) {
      give(entry, of: number, to: &receiver)
      position = entry.offset + 1
      left -= 1
    }
    if left > 0, partition.next(from: position, before: limit) == nil, member.ended[number] != max(position, limit) {
      position = max(position, limit)
      member.ended[number] = position
      receiver.receiveEnd(of: cluster.places.id(at: number), position: position)
      left -= 1
    }
    member.reading[number] = position
  }

  private func give<Receiver: LogReceiver & ~Copyable>(
    _ entry: SimulatedPartition.Entry, of number: Int32, to receiver: inout Receiver
  ) {
    func call(_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) {
      let record = LogRecord(
        partition: cluster.places.id(at: number), offset: entry.offset, kafkaTime: entry.kafkaTime,
        isLogAppendTime: entry.isLogAppendTime, key: key, value: value)
      // Announced and given at once: hints must not change anything.
      receiver.expect(record)
      receiver.receive(record)
    }
    (entry.key ?? []).withUnsafeBytes { key in
      (entry.value ?? []).withUnsafeBytes { value in
        call(entry.key == nil ? nil : key, entry.value == nil ? nil : value)
      }
    }
  }

  package func wait(until deadline: MonotonicTime) {
    // Also for the dead: what is left of its code may wait for a deadline, and it must end.
    let left = min(deadline - cluster.time.monotonic, longestWait ?? .seconds(3600))
    if left > .zero { cluster.time.advance(by: left) }
  }

  package mutating func partitionCount(
    ofTopic topic: Int, until deadline: MonotonicTime
  ) throws(LogFailure) -> Int32 {
    try attempt(.partitionCount) { () throws(LogFailure) in cluster.places.counts[topic] }
  }

  package mutating func bounds(
    of partition: LogPartition, until deadline: MonotonicTime
  ) throws(LogFailure) -> Range<Int64> {
    try attempt(.bounds) { () throws(LogFailure) in
      let known = cluster.stream(partition) ?? cluster.source[index(partition)]
      return known.start..<max(known.start, known.lastStable)
    }
  }

  package mutating func ends(
    of partitions: [LogPartition], until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?] {
    try attempt(.bounds) { () throws(LogFailure) in
      if cluster.questionTime > .zero { cluster.time.advance(by: cluster.questionTime) }
      return partitions.map { partition in
        guard let stream = cluster.stream(partition) else { return cluster.source[index(partition)].lastStable }
        return cluster.leaderless.contains(partition) ? nil : stream.lastStable
      }
    }
  }

  package mutating func askHighWatermarks(
    of partitions: [LogPartition], until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?] {
    try attempt(.askEnds) { () throws(LogFailure) in
      if cluster.questionTime > .zero { cluster.time.advance(by: cluster.questionTime) }
      cluster.whileAsked?()
      return partitions.map { end(of: $0) }
    }
  }

  package mutating func highWatermark(of partition: LogPartition) -> Int64? {
    cluster.source[index(partition)].end
  }

  package mutating func firstRecord(
    of partition: LogPartition, from offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Marker.Fingerprint? {
    try attempt(.firstRecord) { () throws(LogFailure) in
      let known = cluster.source[index(partition)]
      return known.next(from: offset, before: known.lastStable).map {
        Marker.Fingerprint(offset: $0.offset, kafkaTime: $0.kafkaTime)
      }
    }
  }

  package mutating func isReadable(
    _ partition: LogPartition, at offset: Int64, until deadline: MonotonicTime
  ) throws(LogFailure) -> Bool {
    try attempt(.firstRecord) { () throws(LogFailure) in !cluster.unreadable.contains(place(partition)) }
  }

  // MARK: The assignment

  package mutating func accept(_ partitions: [LogPartition]) {
    if member.isDead { return }
    for partition in partitions { member.accepted.insert(place(partition)) }
    note(.accepted(partitions.map(place)))
  }

  package mutating func start(_ partition: LogPartition, at position: Int64) throws(LogFailure) {
    try attempt(.start) { () throws(LogFailure) in
      let place = self.place(partition)
      guard member.accepted.contains(place) else { throw LogFailure(.retry, reason: "not held") }
      member.reading[place] = position
      member.ended[place] = nil
      note(.started(place, at: position))
    }
  }

  package mutating func unassign(_ partitions: [LogPartition]) {
    if member.isDead { return }
    for partition in partitions {
      member.accepted.remove(place(partition))
      member.reading[place(partition)] = nil
      cluster.group.letGo(place(partition), by: member)
    }
    if member.mustRejoin {
      member.mustRejoin = false
      cluster.group.join(member)
    }
    note(.unassigned(partitions.map(place)))
    cluster.lastUnassigned = cluster.time.monotonic
  }

  // MARK: Restoring

  package mutating func takeOver(until deadline: MonotonicTime) throws(LogFailure) {
    guard isTransactional else { return cluster.group.join(member) }
    try attempt(.takeOver) { () throws(LogFailure) in
      member.transaction = 0
      member.hasBegun = false
      member.isInDoubt = false
      member.epoch = cluster.transactions.takeOver(member.name, by: member.id, fences: mistake != .fencesNobody)
      if cluster.marksAtOnce { cluster.arriveAll() }
      if member.epoch == nil { throw LogFailure(.retry, reason: "the predecessor's transaction is still ending") }
      cluster.group.join(member)
    }
  }

  package mutating func rejoin(until deadline: MonotonicTime) throws(LogFailure) {
    try attempt(.rejoin) { () throws(LogFailure) in
      if isTransactional { try checkEpoch() }
      cluster.group.join(member)
    }
  }

  package mutating func committed(
    _ partition: LogPartition, until deadline: MonotonicTime
  ) throws(LogFailure) -> GroupPosition {
    try attempt(.committed) { () throws(LogFailure) in
      // A real log waits until it knows that the transaction won't be ended.
      let isForgotten = cluster.transactions.hasForgottenOffset(of: place(partition))
      if !isForgotten, cluster.transactions.hasPendingOffset(of: place(partition)) {
        throw LogFailure(.retry, reason: "UNSTABLE_OFFSET_COMMIT")
      }
      let known = cluster.group.committed[place(partition)].map {
        CommittedPosition($0, since: cluster.group.since[place(partition)])
      }
      return GroupPosition(known, isPending: isForgotten)
    }
  }

  package mutating func groupBegan(
    withTopic topic: Int, until deadline: MonotonicTime
  ) throws(LogFailure) -> WallTime? {
    try attempt(.committed) { () throws(LogFailure) in
      let places = cluster.places.places(ofTopic: topic)
      for place in places where cluster.transactions.hasPendingOffset(of: place) {
        throw LogFailure(.retry, reason: "UNSTABLE_OFFSET_COMMIT")
      }
      return places.compactMap { cluster.group.since[$0] }.min()
    }
  }

  package mutating func remember(since: WallTime, ofTopic topic: Int) { member.since[topic] = since }

  package mutating func offset(
    of partition: LogPartition, at time: WallTime, until deadline: MonotonicTime
  ) throws(LogFailure) -> Int64? {
    try attempt(.firstRecord) { () throws(LogFailure) in
      cluster.source[index(partition)].committed.first { $0.kafkaTime >= time.milliseconds }?.offset
    }
  }

  package mutating func openChangelog(
    _ number: Int32, until deadline: MonotonicTime
  ) throws(LogFailure) -> Int64? {
    try attempt(.openChangelog) { () throws(LogFailure) in
      let partition = cluster.changelog[Int(number)]
      if mistake != .resumesChangelog || member.changelog?.number != number {
        member.changelog = (number, partition.start)
      }
      return mistake == .restoresToLastStable ? partition.lastStable : partition.end
    }
  }

  package mutating func readChangelog<Receiver: ChangelogReceiver & ~Copyable>(
    into receiver: inout Receiver
  ) throws(LogFailure) -> Int64 {
    try attempt(.readChangelog) { () throws(LogFailure) in
      guard let (number, start) = member.changelog else { return 0 }
      let partition = cluster.changelog[Int(number)]
      let limit = partition.lastStable
      var position = start
      var left = cluster.batch
      while left > 0, let entry = partition.next(from: position, before: limit) {
        (entry.key ?? []).withUnsafeBytes { key in
          (entry.value ?? []).withUnsafeBytes { value in
            receiver.receive(key: key, value: entry.value == nil ? nil : value, at: entry.offset)
          }
        }
        position = entry.offset + 1
        left -= 1
      }
      if left > 0 { position = max(position, limit) }
      member.changelog = (number, position)
      return position
    }
  }

  package mutating func closeChangelog() {
    if mistake != .resumesChangelog { member.changelog = nil }
  }

  // MARK: Deliveries

  package consuming func close(until deadline: MonotonicTime, forGood: Bool) {
    if member.isDead { return }
    if forGood { cluster.group.expel(member, isTold: false) }
    note(.closed)
  }
}
