import Evaluator
import Platform

/// What simulated logs share: source partitions, a group, a transaction coordinator, and the topics that workers write.
/// One thread owns it; nothing in it happens by itself.
package final class SimulatedCluster {
  /// What happened, in order, for tests that check it.
  package enum Entry: Equatable {
    case began
    case produced(LogTarget, key: String)
    case flushed
    case sentOffsets([Int32: Int64])
    case committed([Int32: Int64])
    case aborted
    case accepted([Int32])
    case started(Int32, at: Int64)
    case unassigned([Int32])
    case closed
  }

  package let time: ManualTime
  package let places: SimulatedPlaces
  /// Indexed by place.
  package internal(set) var source: [SimulatedPartition]
  package internal(set) var alerts = SimulatedPartition()
  package internal(set) var alertsCurrent = SimulatedPartition()
  package internal(set) var changelog: [SimulatedPartition]
  /// Topics beside the group's, in the order in which they were made.
  package internal(set) var streams: [(name: String, partitions: [SimulatedPartition])] = []
  /// Partitions of these topics whose ends are told, and whose records aren't given.
  package var withheld: Set<LogPartition> = []
  /// Partitions of these topics that no broker leads.
  package var leaderless: Set<LogPartition> = []
  package let group: SimulatedGroup
  package var transactions = SimulatedTransactions()
  /// Every member there ever was.
  package private(set) var members: [SimulatedMember] = []
  /// Called at each call of a worker, before its effect. Returns what goes wrong; nil if nothing does.
  package var faults: ((SimulatedCall, SimulatedMember) -> SimulatedFault?)?
  /// Records that a fetch gives before all others, at any offset: an old librdkafka delivers records twice.
  package var strays: [(partition: Int32, entry: SimulatedPartition.Entry)] = []
  /// Partitions that nobody may read.
  package var unreadable: Set<Int32> = []
  /// Whether brokers are away: no delivery is acknowledged.
  package var isSilent = false
  /// How long a question for the ends of partitions takes.
  package var questionTime = Duration.zero
  /// Called during a question for the ends of partitions; the answer includes the effect.
  package var whileAsked: (() -> Void)?
  /// Called during a wait for records; the records are fetched after the wait.
  package var whileWaiting: (() -> Void)?
  /// Answers questions about the cluster and its consumer groups; nil for a question that nobody answers.
  package var answers: ((ClusterQuestion) -> ClusterAnswer?)?
  /// How long brokers take for a delivery, as its worker is told.
  package var deliveryTimes = DeliveryTimes()
  /// Whether markers arrive everywhere as soon as a transaction ends.
  package var marksAtOnce = false
  /// The maximum number of records in a fetch.
  package var batch = 100
  /// The time after which an open transaction is aborted.
  package var transactionTimeout = Duration.seconds(10)
  /// The maximum size of a record in each topic.
  package var limits = RecordRoom.unlimited
  /// Whether brokers tell these limits; otherwise only a refusal shows them.
  package var tellsLimits = true
  package var journal: [Entry]?
  /// When partitions were last let go.
  package internal(set) var lastUnassigned: MonotonicTime?

  /// - Parameter topics: the number of partitions of each source topic.
  package init(time: ManualTime, topics: [Int32]) {
    self.time = time
    places = SimulatedPlaces(topics)
    source = Array(repeating: SimulatedPartition(), count: Int(places.count))
    changelog = Array(repeating: SimulatedPartition(), count: Int(topics.max() ?? 0))
    group = SimulatedGroup(places)
  }

  /// With one source topic.
  package convenience init(time: ManualTime, partitions: Int32 = 1) { self.init(time: time, topics: [partitions]) }

  /// A new member of the group, with a producer of this transactional id.
  package func join(_ name: String) -> SimulatedMember {
    let member = newMember(name)
    group.join(member)
    return member
  }

  /// A new member that hasn't joined yet.
  package func newMember(_ name: String) -> SimulatedMember {
    let member = SimulatedMember(id: members.count + 1, name: name)
    members.append(member)
    return member
  }

  /// Appends a record to a source partition now, and returns its offset.
  @discardableResult
  package func append(
    key: [UInt8]?, value: [UInt8]?, to partition: Int32 = 0, kafkaTime: Int64? = nil, isLogAppendTime: Bool = true,
    transaction: Int = 0
  ) -> Int64 {
    source[Int(partition)].append(
      key: key, value: value, kafkaTime: kafkaTime ?? time.wall.milliseconds, isLogAppendTime: isLogAppendTime,
      transaction: transaction)
  }

  // MARK: Topics beside the group's

  /// Makes a topic, or adds partitions to it.
  package func makeStream(_ name: String, partitions: Int) {
    if let place = streams.firstIndex(where: { $0.name == name }) {
      while streams[place].partitions.count < partitions { streams[place].partitions.append(SimulatedPartition()) }
    } else {
      streams.append((name, Array(repeating: SimulatedPartition(), count: partitions)))
    }
  }

  /// Appends a record to such a topic.
  package func append(
    toStream place: Int, _ partition: Int, key: [UInt8]? = nil, value: [UInt8]? = [], kafkaTime: Int64,
    isLogAppendTime: Bool
  ) {
    streams[place].partitions[partition].append(
      key: key, value: value, kafkaTime: kafkaTime, isLogAppendTime: isLogAppendTime)
  }

  /// The partition of such a topic; nil if there is none.
  func stream(_ id: LogPartition) -> SimulatedPartition? {
    let place = id.topic - places.counts.count
    guard streams.indices.contains(place), streams[place].partitions.indices.contains(Int(id.number)) else {
      return nil
    }
    return streams[place].partitions[Int(id.number)]
  }

  /// The marker of another producer's transaction arrives in a source partition.
  package func appendMarker(of transaction: Int = -1, isCommit: Bool = true, to partition: Int32 = 0) {
    source[Int(partition)].close(transaction, isCommit: isCommit, kafkaTime: time.wall.milliseconds)
  }

  package func retain(from offset: Int64, in partition: Int32 = 0) { source[Int(partition)].retain(from: offset) }

  /// A source partition is deleted and created again.
  package func recreateSource(_ partition: Int32 = 0) { source[Int(partition)] = SimulatedPartition() }

  /// The compacted topics are cleaned. Tombstones go only while nobody reads, because `delete.retention.ms` is a day.
  package func compact(dropsTombstones: Bool) {
    let dropsTombstones = dropsTombstones && !members.contains { $0.changelog != nil && !$0.isDead }
    for number in changelog.indices { changelog[number].compact(dropsTombstones: dropsTombstones) }
    alertsCurrent.compact(dropsTombstones: dropsTombstones)
  }

  // MARK: Transactions

  /// One of the markers under way arrives, chosen by `index`.
  package func arrive(_ index: Int) {
    guard let (transaction, isCommit, what) = transactions.arrive(index) else { return }
    let owner = transactions[transaction].owner
    switch what {
    case .offsets(let offsets):
      let forgotten = transactions.takeForgottenOffsets(of: owner)
      if isCommit { for entry in forgotten + offsets { group.commit(entry) } }
    case .place(let place):
      for number in transactions.takeForgotten(of: owner, in: place) + [transaction] {
        change(place) { $0.close(number, isCommit: isCommit, kafkaTime: time.wall.milliseconds) }
      }
    }
  }

  /// All markers under way arrive.
  package func arriveAll() { while transactions.markersUnderWay > 0 { arrive(0) } }

  /// Ends what was forgotten in the topics of alerts, as the next transition of each evaluator would.
  package func endForgottenAlerts() {
    for (place, number) in transactions.forgottenPlaces where place == .alerts || place == .alertsCurrent {
      change(place) { $0.close(number, isCommit: true, kafkaTime: time.wall.milliseconds) }
    }
  }

  /// Aborts transactions that are open for too long.
  package func expireTransactions() {
    transactions.expire(at: time.monotonic, timeout: transactionTimeout)
    if marksAtOnce { arriveAll() }
  }

  func change(_ place: SimulatedPlace, _ body: (inout SimulatedPartition) -> Void) {
    switch place {
    case .alerts: body(&alerts)
    case .alertsCurrent: body(&alertsCurrent)
    case .changelog(let number): body(&changelog[Int(number)])
    }
  }
}

/// The calls of a worker that can fail.
package enum SimulatedCall: Hashable, CaseIterable {
  case fetch, partitionCount, bounds, askEnds, firstRecord, start, takeOver, rejoin, committed, openChangelog
  case readChangelog
  case begin, produce, flush, sendOffsets, commit, abort
}

/// What goes wrong with a call.
package enum SimulatedFault: Equatable {
  /// It fails without any effect.
  case fails(LogFailure.Remedy)
  /// It takes effect, and fails nevertheless: its answer is lost.
  case failsAfter(LogFailure.Remedy)
  /// The process dies before the effect.
  case crashes
  /// The process dies after the effect.
  case crashesAfter
}

extension SimulatedCluster {
  /// A partition of the changelog is lost, with all its records.
  package func loseChangelog(_ number: Int) { changelog[number] = SimulatedPartition() }

  /// Somebody writes to the changelog, in a transaction or without one.
  package func appendToChangelog(key: [UInt8]?, value: [UInt8]?, number: Int = 0, transaction: Int = 0) {
    changelog[number].append(key: key, value: value, kafkaTime: time.wall.milliseconds, transaction: transaction)
  }
}
