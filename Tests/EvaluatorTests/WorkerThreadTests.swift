import Platform
import Rules
import SimulatedKafka
import TestSupport
import Testing

@testable import Evaluator

/// A worker that ends in its first turn.
private func ended(
  _ remedy: LogFailure.Remedy, _ thread: WorkerThread<SourceRules>, _ time: ManualTime
) throws -> Worker<SimulatedLog, Evaluation> {
  let cluster = SimulatedCluster(time: time)
  cluster.faults = { call, _ in call == .takeOver ? .fails(remedy) : nil }
  let plan = WorkerPlan(topics: ["status_topic"], group: "group", instance: "here")
  return Worker(
    log: SimulatedLog(cluster, cluster.newMember("here")), orders: SourceRules(RuleSet([.cpuHigh])), plan: plan,
    share: thread.share,
    heartbeat: thread.heartbeat, logger: silent, time: time)
}

@Suite("A worker that can't go on", .waits)
struct WorkerThreadTests {
  private let time = ManualTime()
  private let thread: WorkerThread<SourceRules>
  private let failed: Wakeup
  private let slept: Wakeup
  private let made = Watched(0)

  init() throws {
    thread = try WorkerThread<SourceRules>(name: "evaluator", now: time.monotonic)
    failed = try Wakeup()
    slept = try Wakeup()
    thread.share.onFailure(ring: failed)
    time.observeSleepers(slept)
  }

  private func start(comesBack: Bool, _ remedy: LogFailure.Remedy = .leave) throws {
    let (thread, time, made) = (thread, time, made)
    try thread.start(comesBack: comesBack, time: time) {
      made.change { $0 += 1 }
      return try ended(remedy, thread, time)
    }
  }

  private func waitForSleeper() {
    let deadline = SystemTime().monotonic + .seconds(30)
    while time.nextDeadline == nil, SystemTime().monotonic < deadline { slept.wait(until: deadline) }
  }

  @Test("a replaced worker stands down for a minute, then fails")
  func standsDown() throws {
    try start(comesBack: false)
    waitForSleeper()
    #expect(time.nextDeadline == time.monotonic + .seconds(60))
    #expect(!thread.share.hasFailed)
    #expect(thread.heartbeat.isFresh(at: time.monotonic + .seconds(60)))
    time.advance(by: .seconds(60))
    failed.wait(until: SystemTime().monotonic + .seconds(30))
    #expect(thread.share.hasFailed)
    #expect(thread.join(until: SystemTime().monotonic + .seconds(30)))
    #expect(made.value == 1)
  }

  @Test("a worker that is told to stop doesn't wait out the minute")
  func stops() throws {
    try start(comesBack: false)
    waitForSleeper()
    thread.share.stop(by: time.monotonic + .seconds(3))
    #expect(thread.join(until: SystemTime().monotonic + .seconds(30)))
  }

  @Test("a worker that needs a person fails at once if it runs alone")
  func stuck() throws {
    try start(comesBack: false, .stop)
    #expect(thread.join(until: SystemTime().monotonic + .seconds(30)))
    #expect(thread.share.hasFailed)
  }

  @Test(
    "beside other services of its process a worker tries again each minute, and never fails",
    arguments: [LogFailure.Remedy.leave, .stop])
  func comesBack(_ remedy: LogFailure.Remedy) throws {
    try start(comesBack: true, remedy)
    for round in 1...3 {
      waitForSleeper()
      #expect(made.value == round)
      time.advance(by: .seconds(60))
      made.wait { $0 != round }
    }
    #expect(!thread.share.hasFailed)
    thread.share.stop(by: time.monotonic + .seconds(3))
    #expect(thread.join(until: SystemTime().monotonic + .seconds(30)))
  }

  @Test("a worker that is to be remade ends once its orders are delivered, and another one takes its place at once")
  func remade() throws {
    let (thread, time, made) = (thread, time, made)
    try thread.start(comesBack: false, time: time) {
      let count = made.change {
        $0 += 1
        return $0
      }
      let cluster = SimulatedCluster(time: time)
      return Worker<SimulatedLog, Evaluation>(
        log: SimulatedLog(cluster, cluster.newMember("here")), orders: SourceRules(RuleSet([.cpuHigh])),
        plan: WorkerPlan(
          topics: ["status_topic", "orders"].dropLast(2 - min(2, count)), group: "group", instance: "here"),
        share: thread.share, heartbeat: thread.heartbeat,
        logger: silent, time: time)
    }
    thread.share.offer(SourceRules(RuleSet([])))
    thread.share.remake()
    made.wait { $0 >= 2 }
    #expect(made.value == 2)
    #expect(!thread.share.hasFailed)
    thread.share.stop(by: time.monotonic + .seconds(3))
    #expect(thread.join(until: SystemTime().monotonic + .seconds(30)))
    #expect(!thread.share.hasFailed)
    #expect(made.value == 2)
  }
}
