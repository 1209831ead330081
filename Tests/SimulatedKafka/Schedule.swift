import Evaluator
import Platform
import Rules
import TestRandom

/// One run of several workers on one simulated cluster. One seed determines all of it: the records, whose turn it is,
/// the faults, when markers arrive, the assignment.
///
/// It runs on one thread. At each call of a worker others may have their turn; there is no other concurrency. So the
/// same seed gives the same run.
package final class Schedule {
  /// The kind of a run.
  package struct Kind: Equatable {
    /// The planted bug; nil if there is none.
    package var mistake: PlantedMistake?
    /// Whether deliveries are transactions.
    package var isTransactional = true

    /// By default nothing is wrong, and deliveries are transactions.
    package init(mistake: PlantedMistake? = nil, isTransactional: Bool = true) {
      self.mistake = mistake
      self.isTransactional = isTransactional
    }
  }

  /// A random event, for people who look for a bug.
  package struct Event {
    /// Its number among all random events of the schedule, by which it can be left out.
    package var number: Int
    package var text: String
  }

  let kind: Kind
  /// The source topics.
  let topics: [String]
  /// The rules of each topic.
  let rules: [RuleSet]
  /// Whether a rule watches for silence.
  let mindsSilence: Bool
  /// The rules of each reload, by topic.
  private let reloads: [[RuleSet]]
  let cluster: SimulatedCluster
  let time = ManualTime()
  var dice: SeededRandom
  var actors: [Actor] = []
  private var input: [ScheduleInput.Record]
  /// The index of the next record to append.
  private var next = 0
  /// One call in this many goes wrong; 0 if none does.
  private let faultsEvery: Int
  /// At one call in this many something else happens meanwhile.
  private let interruptsEvery: Int
  /// The number of random events so far, and those that are left out.
  private var chances = 0
  private let leftOut: Set<Int>
  /// The random events that happened.
  package private(set) var events: [Event] = []
  private let keepsEvents: Bool
  /// Open transactions of other producers, by source partition. Their numbers are below -1, so nobody else uses them.
  private var strangers: [Int32: Int] = [:]
  private var strangerCount = 0
  private var isCalm = false
  /// Whether a broker forgets markers at the end.
  private let forgets: Bool
  /// The number of records to append for now.
  private var end: Int
  private var depth = 0

  /// A schedule that hasn't run yet.
  package init(seed: UInt64, kind: Kind = Kind(), leavingOut leftOut: Set<Int> = [], keepsEvents: Bool = false) {
    self.kind = kind
    self.leftOut = leftOut
    self.keepsEvents = keepsEvents
    dice = SeededRandom(seed: seed)
    // Some have two topics, each with rules of its own.
    topics = kind.isTransactional && seed / 4 % 2 == 1 ? ["status_topic", "orders"] : ["status_topic"]
    cluster = SimulatedCluster(time: time, topics: topics.count == 2 ? [2, 1] : [3])
    cluster.batch = 1 + dice.below(8)
    faultsEvery = [0, 10, 25, 60][dice.below(4)]
    interruptsEvery = [3, 8, 20][dice.below(3)]
    // Silence depends on clocks, and takes time: not every schedule has such a rule.
    mindsSilence = kind.isTransactional && seed % 16 == 0
    var drawn: [RuleSet] = []
    for _ in topics { drawn.append(ScheduleInput.rules(&dice)) }
    // In half of these the second topic is a stream, whose records have Kafka's time.
    if topics.count == 2, seed / 8 % 2 == 1 { drawn[1] = ScheduleInput.watchingStream(drawn[1]) }
    rules = mindsSilence ? drawn.map(ScheduleInput.addingQuiet) : drawn
    let each = rules.map(ScheduleInput.reloads)
    reloads = each[0].indices.map { number in each.map { $0[number] } }
    input = ScheduleInput.records(16 + dice.below(32), partitions: cluster.places.count, &dice)
    forgets = kind.isTransactional && kind.mistake == nil && seed % 4 == 1
    end = forgets ? input.count - 8 : input.count
    if !forgets, dice.once(in: 3) {
      cluster.limits = RecordRoom(
        results: ScheduleInput.smallRecord, alertsCurrent: ScheduleInput.smallRecord, changelog: .max)
      cluster.tellsLimits = dice.once(in: 2)
    }
    cluster.faults = { [unowned self] call, member in strike(call, member) }
    for number in 0..<(2 + dice.below(2)) {
      actors.append(Actor(name: "evaluator-\(number)", topics: topics, rules: rules))
    }
  }

  /// Runs it. Returns nil if everything is right, otherwise what is wrong.
  package func run() -> String? {
    for actor in actors { start(actor) }
    cluster.group.giveOutFree()
    var idle = 0
    while next < end || idle < 10 {
      happen()
      if next == end { idle += 1 }
    }
    if let problem = calm() { return problem }
    if forgets {
      forget()
      if let problem = calm() { return problem }
    }
    if mindsSilence, let problem = fallSilent() ?? calm() { return problem }
    return kind.isTransactional ? checkExactlyOnce() : checkAtLeastOnce()
  }

  // MARK: Chance

  /// Whether a random event happens, that is, isn't left out.
  private func takes(_ text: @autoclosure () -> String) -> Bool {
    chances += 1
    if leftOut.contains(chances) { return false }
    if keepsEvents { events.append(Event(number: chances, text: text())) }
    return true
  }

  /// Lets something happen at random.
  private func happen() {
    switch dice.below(20) {
    case 0..<4: append()
    case 4..<12: turn(dice.below(actors.count))
    case 12..<16: arrive()
    case 16, 17: time.advance(by: .milliseconds(20 + dice.below(400)))
    case 18: shake()
    default: rebalance()
    }
  }

  private func append() {
    guard next < end else { return }
    let record = input[next]
    next += 1
    time.advance(by: .milliseconds(record.after))
    cluster.append(
      key: record.key, value: ScheduleInput.value(record, at: time.wall), to: record.partition,
      transaction: strangers[record.partition] ?? 0)
    if dice.once(in: 6) { cluster.appendMarker(to: record.partition) }
  }

  /// Another producer begins a transaction in a source partition, or ends its open one.
  private func stranger(_ partition: Int32, isCommit: Bool) {
    if let transaction = strangers.removeValue(forKey: partition) {
      cluster.appendMarker(of: transaction, isCommit: isCommit, to: partition)
    } else {
      strangerCount += 1
      strangers[partition] = -1 - strangerCount
    }
  }

  private func turn(_ index: Int) {
    let actor = actors[index]
    if actor.isBusy { return }
    if !actor.isGone { return actor.turn() }
    if actor.isReplaced { return }
    // It is started again, mostly before the group notices that it was gone.
    if dice.once(in: 2) { start(actor) }
    for member in cluster.group.members where member.isDead && dice.once(in: 2) { cluster.group.expel(member) }
    cluster.group.giveOutFree()
  }

  private func arrive() {
    let count = cluster.transactions.markersUnderWay
    if count > 0 { cluster.arrive(dice.below(count)) }
  }

  /// Rare events of topics and processes.
  private func shake() {
    let index = dice.below(actors.count)
    switch dice.below(11) {
    case 0:
      if takes("the changelog is compacted") { cluster.compact(dropsTombstones: dice.once(in: 2)) }
    case 1:
      let wait = Duration.milliseconds(500 + dice.below(12_000))
      if takes("\(wait) pass") {
        time.advance(by: wait)
        cluster.expireTransactions()
      }
    case 2:
      if !actors[index].isBusy, takes("\(actors[index].name) is killed") { actors[index].kill() }
    case 3, 4:
      cluster.group.giveOutFree()
    case 5, 6:
      // Without transactions, a reload's resolutions may be repeated after a crash, under the rules of then.
      let number = dice.below(reloads.count)
      if kind.isTransactional, takes("\(actors[index].name) takes rules \(number)") {
        actors[index].reload(reloads[number])
      }
    case 7:
      let partition = Int32(dice.below(cluster.source.count))
      let isCommit = dice.once(in: 2)
      if takes("a producer's transaction in \(partition) begins, or ends") { stranger(partition, isCommit: isCommit) }
    case 8:
      // Without transactions, nothing keeps a replaced process from writing state until it learns of it.
      let actor = actors[index]
      if kind.isTransactional, !actor.isGone, !actor.isReplaced, actors.count < 5,
        takes("another process of \(actor.name) is started")
      {
        double(index)
      }
    case 9:
      let name = actors[index].name
      if kind.isTransactional, takes("a late request of a dead \(name) joins the group") {
        let ghost = cluster.newMember(name)
        ghost.isDead = true
        cluster.group.join(ghost)
      }
    default:
      let stray = dice.below(cluster.source.count)
      if let entry = cluster.source[stray].next(from: Int64(dice.below(20)), before: .max) {
        if takes("\(stray)/\(entry.offset) is delivered twice") { cluster.strays.append((Int32(stray), entry)) }
      }
    }
  }

  private func rebalance() {
    let members = cluster.group.members
    guard !members.isEmpty else { return }
    let member = members[dice.below(members.count)]
    let partition = Int32(dice.below(cluster.source.count))
    switch dice.below(4) {
    case 0, 1:
      if takes("partition \(partition) moves to member \(member.id)") { cluster.group.move(partition, to: member) }
    case 2:
      cluster.group.giveOutFree()
    default:
      // Without transactions, nothing keeps an expelled member from writing state until it learns of it.
      if member.isDead || kind.isTransactional && dice.once(in: 3), takes("member \(member.id) is expelled") {
        cluster.group.expel(member)
        cluster.group.giveOutFree()
      }
    }
  }

  /// Called at each call of a worker. Returns what goes wrong; nil if nothing does.
  private func strike(_ call: SimulatedCall, _ member: SimulatedMember) -> SimulatedFault? {
    if isCalm { return nil }
    if depth < 2, dice.once(in: interruptsEvery) {
      depth += 1
      happen()
      depth -= 1
    }
    if depth == 0, call == .sendOffsets || call == .commit, dice.once(in: 12) { overtake(member, call) }
    guard faultsEvery > 0, dice.once(in: faultsEvery), let fault = SimulatedFault.draw(for: call, &dice) else {
      return nil
    }
    return takes("member \(member.id): \(call) \(fault)") ? fault : nil
  }

  /// In the middle of a delivery the group goes on without a member, and others act before the member's next call.
  private func overtake(_ member: SimulatedMember, _ call: SimulatedCall) {
    guard kind.isTransactional, takes("member \(member.id) is overtaken at \(call)") else { return }
    cluster.group.expel(member)
    cluster.group.giveOutFree()
    depth += 1
    for _ in 0..<(6 + dice.below(12)) { happen() }
    depth -= 1
  }

  // MARK: Processes

  /// Starts a process although another one with its name is running.
  private func double(_ index: Int) {
    let old = actors[index]
    old.isReplaced = true
    actors.append(old)
    actors[index] = Actor(like: old)
    start(actors[index])
  }

  private func start(_ actor: Actor) {
    let member = cluster.newMember(actor.name)
    actor.start(
      SimulatedLog(
        cluster, member, isTransactional: kind.isTransactional, mistake: kind.mistake,
        longestWait: .milliseconds(20)),
      member, time)
  }

  /// Ends all faults and waits until everything is done. Returns nil if it is, otherwise what isn't.
  private func calm() -> String? {
    isCalm = true
    for partition in strangers.keys.sorted() { stranger(partition, isCommit: true) }
    for actor in actors { actor.reload(rules) }
    for round in 0..<2000 {
      cluster.arriveAll()
      for member in cluster.group.members where member.isDead { cluster.group.expel(member) }
      for actor in actors where actor.isGone && !actor.isReplaced { start(actor) }
      cluster.group.giveOutFree()
      for actor in actors { actor.turn() }
      time.advance(by: .milliseconds(50))
      cluster.expireTransactions()
      if round >= 20, isDone {
        cluster.endForgottenAlerts()
        return nil
      }
    }
    return "not done: the group has \(cluster.group.committed.sorted { $0.key < $1.key }), the log goes to "
      + "\(cluster.source.map(\.end))"
  }

  /// A broker is killed between a commit and its markers. The evaluator of the commit dies with it, and comes back
  /// before the group notices.
  ///
  /// This happens only while all else is at rest: if the evaluator aborted its next delivery, as for a record's size,
  /// the forgotten transaction would be aborted with it, as with a real broker.
  private func forget() {
    end = input.count
    while next < end {
      append()
      for actor in actors {
        actor.turn()
        let live = cluster.transactions.live
        guard !live.isEmpty, takes("a broker forgets the markers of \(live)") else { continue }
        if dice.once(in: 2) { cluster.arrive(dice.below(cluster.transactions.markersUnderWay)) }
        for number in live { cluster.transactions.forget(number) }
        actor.kill()
        start(actor)
        actor.turn()
        while next < end { append() }
        return
      }
    }
  }

  /// One host of each partition goes on, and all others are dead. Whenever a worker asks for a partition's end, that
  /// has moved on by the time of the answer.
  private func fallSilent() -> String? {
    let hosts = cluster.source.indices.map { "h\($0 * ScheduleInput.hostsPerPartition)" }
    cluster.whileAsked = { [unowned self] in goOn(hosts) }
    // A worker that lags behind for good rightly declares no subject silent.
    cluster.batch = 100
    let end = time.monotonic + ScheduleInput.quietAfter * 5
    while time.monotonic < end {
      goOn(hosts)
      for actor in actors { actor.turn() }
      cluster.arriveAll()
      time.advance(by: .milliseconds(50))
    }
    cluster.whileAsked = nil
    let silent = Set(cluster.alertsCurrent.current.keys.filter { $0.hasPrefix("\(ScheduleInput.quiet)/") })
    let expected = Set(dead(besides: hosts).map { "\(ScheduleInput.quiet)/\($0)" })
    return silent == expected ? nil : "silent are \(silent.sorted()), and should be \(expected.sorted())"
  }

  private func goOn(_ hosts: [String]) {
    for (partition, host) in hosts.enumerated() {
      let text = #"{"timestamp":\#(time.wall.milliseconds),"host":"\#(host)","cpu_usage":20}"#
      cluster.append(key: Array(host.utf8), value: Array(text.utf8), to: Int32(partition))
    }
  }

  /// Hosts whose last record is no tombstone, except `hosts`.
  private func dead(besides hosts: [String]) -> Set<String> {
    var last: [String: Bool] = [:]
    for partition in cluster.source {
      for entry in partition.committed { last[String(decoding: entry.key ?? [], as: UTF8.self)] = entry.value != nil }
    }
    return Set(last.filter { $0.value && !hosts.contains($0.key) }.keys)
  }

  private var isDone: Bool {
    // The last reload leaves no record that shows that it is done, but a worker knows it.
    cluster.transactions.live.isEmpty && actors.allSatisfy(\.isAtRest)
      && cluster.source.indices.allSatisfy { cluster.group.committed[Int32($0)] == cluster.source[$0].end }
  }
}
