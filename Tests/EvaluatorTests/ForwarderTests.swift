import Forwarding
import Platform
import Records
import SimulatedKafka
import Synchronization
import TestSupport
import Testing

@testable import Evaluator

/// A receiver that keeps what comes.
private final class Inbox: ForwardChannel {
  private let kept = Watched<[ForwardNotification]>([])
  private let answers: @Sendable (ForwardNotification) -> ForwardOutcome

  init(_ answers: @escaping @Sendable (ForwardNotification) -> ForwardOutcome = { _ in .delivered }) {
    self.answers = answers
  }

  func send(_ notification: ForwardNotification) -> ForwardOutcome {
    let outcome = answers(notification)
    if outcome == .delivered { kept.change { $0.append(notification) } }
    return outcome
  }

  /// `rule/host firing`, of all that came.
  var told: [String] {
    kept.value.flatMap { $0.transitions.map { "\($0.alert) \($0.status.rawValue)" } }
  }

  var ids: [String] { kept.value.map(\.id) }

  /// Waits until what came is as wanted.
  func wait(for isAsWanted: ([ForwardNotification]) -> Bool) -> Bool { kept.wait { isAsWanted($0) } }
}

/// A cluster with transitions, and forwarders on it.
private final class ForwarderBench {
  let time = ManualTime(wall: WallTime(milliseconds: 1_800_000_000_000))
  let cluster: SimulatedCluster
  let dispatcher: ForwardDispatcher
  private let sent: Wakeup
  private var worker: Worker<SimulatedLog, Forwarder>?
  private(set) var share: WorkerShare<ForwardOrders>?
  private var member: SimulatedMember?
  private var number: Int64 = 0

  let tally = ForwardTally()

  init() throws {
    cluster = SimulatedCluster(forwarders: time, partitions: 2)
    sent = try Wakeup()
    dispatcher = ForwardDispatcher(wakeup: sent, log: silent)
  }

  /// Writes a transition, as an evaluator does.
  func append(_ rule: String, _ host: String, _ status: Transition.Status) {
    number += 1
    cluster.append(rule, host, status, number: number, at: time.wall)
  }

  func start(_ receivers: (ReceiverDefinition, Inbox)...) throws {
    let member = cluster.newMember("forwarder")
    self.member = member
    let share = try WorkerShare<ForwardOrders>()
    self.share = share
    worker = try cluster.forwarder(
      member, receivers.map { ReceiverOrder($0.0, $0.1) }, dispatcher, tally, share: share, time: time)
  }

  /// The numbers of a receiver; nil if it isn't told.
  func numbers(of receiver: String) -> ReceiverNumbers? {
    tally.receivers(at: time.monotonic).first { $0.name == receiver }?.numbers
  }

  /// The file has these receivers from now on.
  func reload(_ receivers: (ReceiverDefinition, Inbox)...) { share?.offer(orders(receivers)) }

  func orders(_ receivers: [(ReceiverDefinition, Inbox)]) -> ForwardOrders {
    ForwardOrders(
      receivers.map { ReceiverOrder($0.0, $0.1) }, alerts: "alerts", current: "alerts-current", dispatcher: dispatcher,
      tally: tally)
  }

  /// The receivers that have a state, and that nobody tells.
  var resting: [String] { worker?.resting ?? [] }

  /// The receivers that are told, in the order of the file.
  var definitions: [ReceiverDefinition] { worker?.definitions ?? [] }

  /// The process dies.
  func kill() {
    member?.isDead = true
    if let member { cluster.group.expel(member) }
  }

  /// Lets the forwarder work until `isDone`; false if that takes too long. Senders have threads of their own.
  func run(for limit: Duration = .seconds(120), until isDone: () -> Bool) -> Bool {
    let end = SystemTime().monotonic + .seconds(20)
    let last = time.monotonic + limit
    while !isDone() {
      if time.monotonic >= last || SystemTime().monotonic >= end { return false }
      worker?.turn()
      // The clock of the simulation doesn't wait for threads.
      while dispatcher.isBusy, SystemTime().monotonic < end { sent.wait(until: end) }
      cluster.group.giveOutFree()
      time.advance(by: .milliseconds(5))
    }
    return true
  }

  /// Lets all receivers begin.
  func settle() -> Bool { run { worker?.isLive ?? false } }

  /// Lets all receivers be told, and that be committed.
  func calm() -> Bool { run { worker?.isQuiet ?? false } }

  func pass(_ duration: Duration) {
    let end = time.monotonic + duration
    _ = run(for: duration + .seconds(1)) { time.monotonic >= end }
  }
}

extension Worker where Log == SimulatedLog, Stage == Forwarder {
  /// Whether all receivers have begun, and that is committed.
  fileprivate var isLive: Bool {
    !stage.receivers.isEmpty && stage.receivers.allSatisfy { $0.phase == .isLive } && !stage.hasUnwrittenState
  }

  /// Whether, beside that, no receiver is being told.
  fileprivate var isQuiet: Bool {
    isLive && stage.receivers.allSatisfy { $0.queue.count == 0 && $0.queue.underWay == nil }
  }

  fileprivate var definitions: [ReceiverDefinition] { stage.receivers.map(\.definition) }

  fileprivate var resting: [String] { stage.stored.values.flatMap(\.keys).sorted() }
}

@Suite("Forwarding on a simulated cluster", .waits)
struct ForwarderTests {
  @Test("a receiver that begins is told what fires, without history, and then what comes, each once")
  func begins() throws {
    let bench = try ForwarderBench()
    bench.append("cpu", "old", .firing)
    bench.append("cpu", "old", .resolved)
    bench.append("cpu", "a", .firing)
    bench.append("disk", "b", .firing)
    let inbox = Inbox()
    try bench.start((ReceiverDefinition(name: "on-call"), inbox))
    #expect(bench.run { inbox.told.count == 2 })
    #expect(inbox.told.sorted() == ["cpu/a firing", "disk/b firing"])
    bench.append("cpu", "a", .resolved)
    bench.append("cpu", "c", .firing)
    #expect(bench.run { inbox.told.count == 4 })
    #expect(inbox.told.suffix(2).sorted() == ["cpu/a resolved", "cpu/c firing"])
    bench.pass(.seconds(5))
    #expect(inbox.told.count == 4)
  }

  @Test("that a receiver begins is said once that is committed: from then on it goes on there, whatever happens")
  func beginningIsCommitted() throws {
    let time = ManualTime(wall: WallTime(milliseconds: 1_800_000_000_000))
    let cluster = SimulatedCluster(forwarders: time, partitions: 1)
    var isRefused = false
    // The first deliveries tell the time; that of the beginning has state.
    cluster.faults = { call, _ in isRefused && call == .commit ? .fails(.retry) : nil }
    let log = CapturedLog()
    let member = cluster.newMember("forwarder")
    var worker = try cluster.forwarder(
      member, [ReceiverOrder(ReceiverDefinition(name: "on-call"), Inbox())],
      ForwardDispatcher(wakeup: Wakeup(), log: silent), time: time, longestWait: .milliseconds(5),
      log: Logger(output: log))
    func run(until isDone: (borrowing Worker<SimulatedLog, Forwarder>) -> Bool) -> Bool {
      for _ in 0..<2000 where !isDone(worker) {
        worker.turn()
        cluster.group.giveOutFree()
        time.advance(by: .milliseconds(5))
      }
      return isDone(worker)
    }
    let said = "a receiver is told for the first time: of what fires now, and what comes"
    #expect(run { $0.stage.receivers.first.map { $0.phase != .begins } ?? false })
    isRefused = true
    #expect(run { $0.stage.receivers.first?.phase == .isLive })
    #expect(!run { _ in log.messages.contains(said) })
    isRefused = false
    #expect(run { $0.isLive && log.messages.contains(said) })
  }

  @Test("a successor goes on where its predecessor was, and repeats nothing that was committed")
  func restart() throws {
    let bench = try ForwarderBench()
    let inbox = Inbox()
    let definition = ReceiverDefinition(name: "on-call")
    bench.append("cpu", "a", .firing)
    try bench.start((definition, inbox))
    #expect(bench.run { inbox.told.count == 1 })
    bench.pass(.seconds(2))
    for round in 0..<3 {
      bench.kill()
      bench.append("cpu", "h\(round)", .firing)
      try bench.start((definition, inbox))
      #expect(bench.run { inbox.told.count == 2 + round }, "\(inbox.told)")
      bench.pass(.seconds(2))
    }
    bench.append("cpu", "a", .resolved)
    #expect(bench.run { inbox.told.count == 5 })
    #expect(inbox.told.last == "cpu/a resolved")
    #expect(Set(inbox.ids).count == inbox.ids.count)
  }

  @Test("a receiver that moves to another process while it is told is told once", arguments: [false, true])
  func movesUnderWay(takesTooLong: Bool) throws {
    let time = ManualTime(wall: WallTime(milliseconds: 1_800_000_000_000))
    let cluster = SimulatedCluster(forwarders: time, partitions: 1)
    let isAsked = Watched(false)
    let mayAnswer = Watched(false)
    let slow = Inbox { _ in
      isAsked.change { $0 = true }
      return mayAnswer.wait { $0 } ? .delivered : .refused(reason: "the test is over")
    }
    let quick = Inbox()
    let sent = try Wakeup()
    let definition = ReceiverDefinition(name: "on-call")
    let members = ["first", "second"].map(cluster.newMember)
    var first = try cluster.forwarder(
      members[0], [ReceiverOrder(definition, slow)], ForwardDispatcher(wakeup: sent, log: silent), time: time,
      longestWait: .milliseconds(5))
    var second = try cluster.forwarder(
      members[1], [ReceiverOrder(definition, quick)], ForwardDispatcher(wakeup: sent, log: silent), time: time,
      longestWait: .milliseconds(5))
    /// Lets both work for at most a minute of theirs.
    func run(until isDone: (borrowing Worker<SimulatedLog, Forwarder>) -> Bool) -> Bool {
      let end = time.monotonic + .seconds(60)
      while time.monotonic < end, !isDone(second) {
        first.turn()
        second.turn()
        cluster.group.giveOutFree()
        time.advance(by: .milliseconds(5))
      }
      return isDone(second)
    }
    func pass(_ duration: Duration) {
      let end = time.monotonic + duration
      _ = run { _ in time.monotonic >= end }
    }
    first.turn()
    cluster.group.giveOutFree()
    #expect(cluster.group.owner(of: 0) === members[0])
    pass(.seconds(5))
    cluster.append("cpu", "a", .firing, number: 1, at: time.wall)
    pass(.seconds(5))
    #expect(isAsked.wait { $0 })
    cluster.group.move(0, to: members[1])
    pass(.seconds(15))
    #expect(cluster.group.owner(of: 0) === members[0])
    if takesTooLong {
      #expect(run { $0.isQuiet && quick.told.count == 1 })
      #expect(cluster.group.owner(of: 0) === members[1])
      mayAnswer.change { $0 = true }
      #expect(quick.told == ["cpu/a firing"])
      return
    }
    mayAnswer.change { $0 = true }
    #expect(slow.wait { !$0.isEmpty })
    #expect(run { $0.isQuiet })
    #expect(cluster.group.owner(of: 0) === members[1])
    cluster.append("cpu", "a", .resolved, number: 2, at: time.wall)
    #expect(run { _ in quick.told.count == 1 })
    #expect(quick.told == ["cpu/a resolved"])
  }

  @Test("a receiver that leaves the file and comes back is told what came meanwhile, and nothing twice")
  func reload() throws {
    let bench = try ForwarderBench()
    let (inbox, other) = (Inbox(), Inbox())
    var definition = ReceiverDefinition(name: "on-call")
    let rest = (ReceiverDefinition(name: "other"), other)
    bench.append("cpu", "a", .firing)
    try bench.start((definition, inbox), rest)
    #expect(bench.run { inbox.told.count == 1 })
    #expect(bench.calm())
    bench.reload(rest)
    #expect(bench.run { bench.resting == ["on-call"] })
    bench.append("cpu", "b", .firing)
    #expect(bench.run { other.told.count == 2 })
    #expect(inbox.told == ["cpu/a firing"])
    bench.reload(rest, (definition, inbox))
    #expect(bench.run { inbox.told.count == 2 })
    #expect(inbox.told == ["cpu/a firing", "cpu/b firing"])
    #expect(bench.resting == [])
    #expect(bench.calm())
    // With another definition it goes on, too.
    definition.match = [.init(part: "host", glob: "c")]
    bench.reload((definition, inbox), rest)
    #expect(bench.run { bench.definitions == [definition, rest.0] })
    for host in ["a", "c", "d"] { bench.append("cpu", host, host == "a" ? .resolved : .firing) }
    #expect(bench.run { inbox.told.count == 4 })
    #expect(inbox.told.suffix(2).sorted() == ["cpu/a resolved", "cpu/c firing"])
    #expect(bench.calm())
    bench.kill()
    try bench.start(rest)
    #expect(bench.run { bench.resting == ["on-call"] })
    bench.append("cpu", "b", .resolved)
    bench.reload(rest, (definition, inbox))
    #expect(bench.run { inbox.told.count == 5 })
    #expect(inbox.told.last == "cpu/b resolved")
    #expect(Set(inbox.ids).count == inbox.ids.count)
    #expect(bench.run { other.told.count == 6 })
  }

  @Test("a receiver that begins while another one is behind is told of what fires")
  func beginsAmongOthers() throws {
    let bench = try ForwarderBench()
    bench.cluster.batch = 1
    let (old, new) = (Inbox(), Inbox())
    let first = (ReceiverDefinition(name: "old"), old)
    try bench.start(first)
    #expect(bench.settle())
    for host in 0..<10 { bench.append("cpu", "h\(host)", .firing) }
    bench.reload(first, (ReceiverDefinition(name: "new"), new))
    #expect(bench.run { old.told.count == 10 && new.told.count == 10 })
    #expect(Set(new.told) == Set(old.told))
  }

  @Test("what is on its way during a reload counts, also under another definition")
  func reloadUnderWay() throws {
    let bench = try ForwarderBench()
    let definition = ReceiverDefinition(name: "on-call")
    var other = definition
    other.match = [.init(part: "host", glob: "z")]
    let reload = Mutex<(@Sendable () -> Void)?>(nil)
    let inbox = Inbox { _ in
      reload.withLock { $0.take() }?()
      return .delivered
    }
    try bench.start((definition, inbox))
    #expect(bench.settle())
    let (share, orders) = (try #require(bench.share), bench.orders([(other, inbox)]))
    reload.withLock { $0 = { share.offer(orders) } }
    bench.append("cpu", "a", .firing)
    #expect(bench.run { bench.definitions == [other] })
    #expect(inbox.told == ["cpu/a firing"])
    bench.append("cpu", "b", .firing)
    bench.append("cpu", "a", .resolved)
    #expect(bench.run { inbox.told.count == 2 })
    #expect(inbox.told == ["cpu/a firing", "cpu/a resolved"])
  }

  @Test("a group that is killed while it gathers goes out once, at its deadline")
  func group() throws {
    let bench = try ForwarderBench()
    let inbox = Inbox()
    var definition = ReceiverDefinition(name: "mail")
    definition.groupBy = ["rule"]
    try bench.start((definition, inbox))
    #expect(bench.settle())
    for number in 0..<50 { bench.append("cpu", "h\(number)", .firing) }
    let begin = bench.time.monotonic
    bench.pass(.seconds(10))
    bench.kill()
    try bench.start((definition, inbox))
    #expect(bench.run { !inbox.ids.isEmpty })
    let waited = bench.time.monotonic - begin
    #expect(waited >= .seconds(30) && waited < .seconds(32), "\(waited)")
    #expect(inbox.told.count == 50)
    #expect(inbox.ids.count == 1)
    bench.pass(.seconds(3))
    bench.append("cpu", "h50", .firing)
    for number in 0..<50 { bench.append("cpu", "h\(number)", .resolved) }
    #expect(bench.run(for: .seconds(400)) { inbox.ids.count == 2 })
    #expect(inbox.told.count == 101)
  }

  @Test("a receiver that is away delays no other, and gets everything in order once it is back")
  func away() throws {
    let bench = try ForwarderBench()
    let isAway = Mutex(true)
    let (slow, quick) = (
      Inbox { _ in isAway.withLock { $0 } ? .later(after: nil, reason: "away") : .delivered }, Inbox()
    )
    try bench.start((ReceiverDefinition(name: "slow"), slow), (ReceiverDefinition(name: "quick"), quick))
    #expect(bench.settle())
    for number in 0..<40 { bench.append("cpu", "h\(number % 4)", number / 4 % 2 == 0 ? .firing : .resolved) }
    #expect(bench.run { quick.told.count == 40 })
    #expect(slow.told.isEmpty)
    isAway.withLock { $0 = false }
    #expect(bench.run(for: .seconds(400)) { slow.told.count == 40 })
    for host in 0..<4 {
      let own = slow.told.filter { $0.hasPrefix("cpu/h\(host) ") }
      #expect(own == (0..<10).map { "cpu/h\(host) \($0 % 2 == 0 ? "firing" : "resolved")" })
    }
  }

  @Test("what a receiver refuses is kept in the topic of undelivered transitions")
  func refused() throws {
    let bench = try ForwarderBench()
    let inbox = Inbox { $0.transitions[0].alert == "cpu/bad" ? .refused(reason: "400") : .delivered }
    try bench.start((ReceiverDefinition(name: "on-call"), inbox))
    #expect(bench.settle())
    bench.append("cpu", "bad", .firing)
    bench.append("cpu", "good", .firing)
    bench.append("cpu", "bad", .resolved)
    #expect(bench.run { inbox.told == ["cpu/good firing"] && bench.cluster.alerts.committed.count == 1 })
    bench.pass(.seconds(2))
    #expect(inbox.told.count == 1)
    let kept = bench.cluster.alerts.committed.map { String(decoding: $0.value ?? [], as: UTF8.self) }
    #expect(kept.count == 1)
    #expect(kept.first?.hasPrefix("{\"receiver\":\"on-call\",\"reason\":\"400\",\"transition\":{\"id\":\"") == true)
    #expect(kept.first?.contains("\"host\":\"bad\"") == true)
  }

  @Test("what receivers got, refused and will never get is counted, for each and for all")
  func counts() throws {
    let bench = try ForwarderBench()
    let picky = Inbox { $0.transitions[0].alert == "cpu/bad" ? .refused(reason: "400") : .delivered }
    let plain = Inbox()
    try bench.start((ReceiverDefinition(name: "picky"), picky), (ReceiverDefinition(name: "plain"), plain))
    #expect(bench.settle())
    bench.append("cpu", "bad", .firing)
    bench.append("cpu", "good", .firing)
    bench.append("cpu", "good", .resolved)
    bench.cluster.append(
      toStream: 0, 0, key: [65], value: Array("no transition".utf8), kafkaTime: 1, isLogAppendTime: true)
    #expect(bench.run { picky.told.count == 2 && plain.told.count == 3 })
    #expect(bench.calm())
    bench.pass(.seconds(2))
    var expected = ReceiverNumbers()
    (expected.told, expected.refused, expected.givenUp) = (2, 1, 1)
    #expect(bench.numbers(of: "picky") == expected)
    (expected.told, expected.refused, expected.givenUp) = (3, 0, 0)
    #expect(bench.numbers(of: "plain") == expected)
    let sum = bench.tally.numbers(at: bench.time.monotonic)
    #expect(sum.notifications == 5 && sum.transitions == 5)
    #expect(sum.refused == 1 && sum.givenUp == 1 && sum.failed == 0 && sum.bad == 1)
    #expect(sum.receivers == 2 && sum.waiting == 0 && sum.oldestWaiting == 0)
  }

  @Test("a receiver that is away isn't well, and the age of what waits grows until it is back")
  func waits() throws {
    let bench = try ForwarderBench()
    let isAway = Mutex(true)
    let slow = Inbox { _ in isAway.withLock { $0 } ? .later(after: nil, reason: "away") : .delivered }
    let quick = Inbox()
    try bench.start((ReceiverDefinition(name: "slow"), slow), (ReceiverDefinition(name: "quick"), quick))
    #expect(bench.settle())
    bench.pass(.seconds(2))
    #expect(bench.numbers(of: "slow") == ReceiverNumbers())
    bench.append("cpu", "a", .firing)
    bench.pass(.seconds(40))
    bench.append("cpu", "b", .firing)
    bench.pass(.seconds(20))
    let numbers = try #require(bench.numbers(of: "slow"))
    #expect(!numbers.isWell && numbers.told == 0 && numbers.failed > 2 && numbers.waiting == 2)
    #expect((59...61).contains(numbers.oldestWaiting), "\(numbers.oldestWaiting)")
    let sum = bench.tally.numbers(at: bench.time.monotonic + .seconds(5))
    #expect(sum.waiting == 2 && sum.failed == numbers.failed && sum.transitions == 2)
    #expect((64...66).contains(sum.oldestWaiting), "without a turn of the worker it is \(sum.oldestWaiting)")
    #expect(bench.numbers(of: "quick")?.isWell == true)
    isAway.withLock { $0 = false }
    #expect(bench.run(for: .seconds(400)) { slow.told.count == 2 })
    #expect(bench.calm())
    bench.pass(.seconds(2))
    let after = try #require(bench.numbers(of: "slow"))
    #expect(after.isWell && after.told == 2 && after.waiting == 0 && after.oldestWaiting == 0)
    #expect(after.failed >= numbers.failed)
  }

  @Test("the counters outlive a worker; a receiver that leaves the file is told of no more")
  func outlives() throws {
    let bench = try ForwarderBench()
    let (inbox, other) = (Inbox(), Inbox())
    let rest = (ReceiverDefinition(name: "other"), other)
    try bench.start((ReceiverDefinition(name: "on-call"), inbox), rest)
    #expect(bench.settle())
    bench.append("cpu", "a", .firing)
    #expect(bench.run { inbox.told.count == 1 && other.told.count == 1 })
    #expect(bench.calm())
    bench.kill()
    try bench.start((ReceiverDefinition(name: "on-call"), inbox), rest)
    #expect(bench.settle())
    bench.append("cpu", "a", .resolved)
    #expect(bench.run { inbox.told.count == 2 && other.told.count == 2 })
    #expect(bench.calm())
    bench.pass(.seconds(2))
    #expect(bench.numbers(of: "on-call")?.told == 2)
    bench.reload(rest)
    #expect(bench.run { bench.definitions == [rest.0] })
    bench.pass(.seconds(2))
    #expect(bench.numbers(of: "on-call") == nil)
    #expect(bench.numbers(of: "other")?.told == 2)
    #expect(bench.tally.numbers(at: bench.time.monotonic).transitions == 4)
    #expect(bench.tally.delivered.map { bench.time.monotonic - $0 < .seconds(11) } == true)
  }
}
