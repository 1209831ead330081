import Evaluator
import Platform
import Streams
import TestRandom

/// One run of several meters on one simulated cluster, from a seed: the records, whose turn it is, the faults, when
/// markers arrive, the assignment. As `Schedule`, on one thread.
package final class MeterSchedule {
  static let epoch: Int64 = 1_767_225_600_000
  let mistake: PlantedMistake?
  let cluster: SimulatedCluster
  let time = ManualTime(wall: WallTime(milliseconds: MeterSchedule.epoch))
  var dice: SeededRandom
  private var actors: [MeterActor] = []
  let definitions: [StreamDefinition]
  /// How far the clocks of a topic's producers are ahead, milliseconds; nil if brokers stamp its records.
  let skews: [Int64?]
  /// Whether every record must be in the reading of its own time: no clock is wrong, and no partition fails or comes.
  package let isOrderly: Bool
  /// The position of a consumer group whose lag meters tell in some schedules.
  var groupPosition: Int64 = 0
  private let faultsEvery: Int
  private let interruptsEvery: Int
  private var isCalm = false
  private var depth = 0

  /// A schedule that hasn't run yet.
  package init(seed: UInt64, mistake: PlantedMistake? = nil) {
    self.mistake = mistake
    dice = SeededRandom(seed: seed)
    cluster = SimulatedCluster(time: time, topics: [3])
    cluster.batch = 1 + dice.below(30)
    faultsEvery = [0, 10, 25, 60][dice.below(4)]
    interruptsEvery = [3, 8, 20][dice.below(3)]
    isOrderly = seed % 2 == 0
    cluster.makeStream("a", partitions: 2)
    cluster.makeStream("b", partitions: 1)
    var skews: [Int64?] = []
    for _ in 0..<3 { skews.append(isOrderly ? nil : [nil, 0, 3_600_000, -3_600_000, 900, -900][dice.below(6)]) }
    self.skews = skews
    var all: [StreamDefinition] = []
    for (name, topics) in [
      ("one", [StreamDefinition.Topics.name("a")]), ("both", [.name("a"), .name("b")]), ("some", [.pattern("^[bc]$")]),
    ] {
      var definition = StreamDefinition(name: name, topics: topics)
      definition.format = .none
      definition.interval = .seconds(name == "both" ? 2 : 1)
      all.append(definition)
    }
    definitions = all
    cluster.faults = { [unowned self] call, member in strike(call, member) }
    if seed % 3 != 0 { cluster.answers = { [unowned self] in answer($0) } }
    for number in 0..<(2 + dice.below(2)) {
      actors.append(MeterActor(name: "meter-\(number)", StreamOrders(all, ownTopics: [], lag: Self.lag)))
    }
  }

  /// Runs it. Returns nil if everything is right, otherwise what is wrong.
  package func run() -> String? {
    // All streams begin before there is a record: so each record counts.
    isCalm = true
    for actor in actors { start(actor) }
    cluster.group.giveOutFree()
    if !settle(until: { self.readings.count == self.definitions.count }) { return "not all streams begin" }
    isCalm = false
    for _ in 0..<(150 + dice.below(150)) { happen() }
    isCalm = true
    (cluster.leaderless, cluster.withheld) = ([], [])
    let end = time.wall.milliseconds + 5000
    var toldUpToEnd: Set<String> = []
    _ = settle {
      // Nobody waits for a partition that was missing: its records come until a reading is whole again. Where producers'
      // clocks are wrong, records may count in an interval behind `end`.
      let readings = self.readings
      for (name, told) in readings where told.last.map({ $0.end >= end && $0.isWhole }) ?? false {
        toldUpToEnd.insert(name)
      }
      return toldUpToEnd.count == self.definitions.count
        && self.definitions.allSatisfy { self.missing($0, readings[$0.name] ?? []) <= 0 }
    }
    if toldUpToEnd.count == definitions.count { return check() }
    return "not done: told up to \(readings.mapValues { $0.last?.end ?? 0 }), now \(end)"
  }

  /// Without faults, until `isDone`; false if that takes too long.
  private func settle(until isDone: () -> Bool) -> Bool {
    for round in 0..<3000 {
      cluster.arriveAll()
      for member in cluster.group.members where member.isDead { cluster.group.expel(member) }
      for actor in actors where actor.isGone && !actor.isReplaced { start(actor) }
      cluster.group.giveOutFree()
      for actor in actors { actor.turn() }
      time.advance(by: .milliseconds(50))
      cluster.expireTransactions()
      if round % 7 == 6, cluster.transactions.live.isEmpty, isDone() { return true }
    }
    return false
  }

  // MARK: Chance

  private func happen() {
    switch dice.below(20) {
    case 0..<5: for _ in 0..<dice.below(6) { append() }
    case 5..<12: turn(dice.below(actors.count))
    case 12..<15: arrive()
    case 15, 16, 17: time.advance(by: .milliseconds(20 + dice.below(600)))
    case 18: shake()
    default: rebalance()
    }
  }

  private func append() {
    let topic = dice.below(cluster.streams.count)
    let partition = dice.below(cluster.streams[topic].partitions.count)
    let skew = skews[topic]
    groupPosition += 1
    cluster.append(
      toStream: topic, partition, kafkaTime: time.wall.milliseconds + (skew ?? 0), isLogAppendTime: skew == nil)
  }

  private func turn(_ index: Int) {
    let actor = actors[index]
    if actor.isBusy { return }
    if !actor.isGone { return actor.turn() }
    if actor.isReplaced { return }
    if dice.once(in: 2) { start(actor) }
    for member in cluster.group.members where member.isDead && dice.once(in: 2) { cluster.group.expel(member) }
    cluster.group.giveOutFree()
  }

  private func arrive() {
    let count = cluster.transactions.markersUnderWay
    if count > 0 { cluster.arrive(dice.below(count)) }
  }

  private func shake() {
    let index = dice.below(actors.count)
    switch dice.below(9) {
    case 0: cluster.compact(dropsTombstones: dice.once(in: 2))
    case 1:
      time.advance(by: .milliseconds(500 + dice.below(12_000)))
      cluster.expireTransactions()
    case 2, 3: if !actors[index].isBusy { actors[index].kill() }
    case 4: cluster.group.giveOutFree()
    case 5:
      let actor = actors[index]
      if !actor.isGone, !actor.isReplaced, actors.count < 5 {
        actor.isReplaced = true
        actors.append(actor)
        actors[index] = MeterActor(name: actor.name, actor.orders)
        start(actors[index])
      }
    case 6:
      let ghost = cluster.newMember(actors[index].name)
      ghost.isDead = true
      cluster.group.join(ghost)
    case 7: if !isOrderly { cluster.makeStream(dice.once(in: 2) ? "c" : "b", partitions: 1 + dice.below(2)) }
    default:
      let topic = dice.below(cluster.streams.count)
      let partition = LogPartition(
        topic: topic + 1, number: Int32(dice.below(cluster.streams[topic].partitions.count)))
      if isOrderly { return }
      if dice.once(in: 3) {
        if cluster.withheld.remove(partition) == nil { cluster.withheld.insert(partition) }
      } else if cluster.leaderless.remove(partition) == nil {
        cluster.leaderless.insert(partition)
      }
    }
  }

  private func rebalance() {
    let members = cluster.group.members
    guard !members.isEmpty else { return }
    let member = members[dice.below(members.count)]
    switch dice.below(4) {
    case 0, 1: cluster.group.move(Int32(dice.below(3)), to: member)
    case 2: cluster.group.giveOutFree()
    default:
      if member.isDead || dice.once(in: 3) {
        cluster.group.expel(member)
        cluster.group.giveOutFree()
      }
    }
  }

  private func strike(_ call: SimulatedCall, _ member: SimulatedMember) -> SimulatedFault? {
    if isCalm { return nil }
    if depth < 2, dice.once(in: interruptsEvery) {
      depth += 1
      happen()
      depth -= 1
    }
    if depth == 0, call == .sendOffsets || call == .commit, dice.once(in: 12) {
      cluster.group.expel(member)
      cluster.group.giveOutFree()
      depth += 1
      for _ in 0..<(6 + dice.below(12)) { happen() }
      depth -= 1
    }
    guard faultsEvery > 0, dice.once(in: faultsEvery) else { return nil }
    return SimulatedFault.draw(for: call, &dice)
  }

  private func start(_ actor: MeterActor) {
    let member = cluster.newMember(actor.name)
    actor.start(
      SimulatedLog(cluster, member, mistake: mistake, longestWait: .milliseconds(20)), member,
      // A meter's own clock counts for nothing.
      OwnClock(time: time, ahead: [0, 0, 3_600_000, -3_600_000, 900][dice.below(5)]))
  }
}
