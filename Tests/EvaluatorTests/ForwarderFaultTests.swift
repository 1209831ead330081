import Foundation
import Forwarding
import Platform
import Records
import SimulatedKafka
import Synchronization
import TestRandom
import TestSupport
import Testing

@testable import Evaluator

/// A receiver that answers as the dice say, and keeps what came.
private final class Receiver: ForwardChannel {
  private struct State {
    var dice: SeededRandom
    var isCalm = false
    var came: [ForwardNotification] = []
  }

  private let state: Mutex<State>

  init(seed: UInt64) { state = Mutex(State(dice: SeededRandom(seed: seed))) }

  func send(_ notification: ForwardNotification) -> ForwardOutcome {
    state.withLock { state in
      let answer = state.isCalm ? 5 : state.dice.below(8)
      if answer == 0 { return .later(after: nil, reason: "away") }
      state.came.append(notification)
      // It has it, and the answer is lost.
      return answer == 1 ? .later(after: nil, reason: "time-out") : .delivered
    }
  }

  func calm() { state.withLock { $0.isCalm = true } }

  var came: [ForwardNotification] { state.withLock { $0.came } }
}

/// Two forwarders on one cluster, whose calls fail, and which die.
private final class ForwarderSchedule {
  private final class Process {
    let name: String
    let dispatcher: ForwardDispatcher
    let sent: Wakeup
    var worker: Worker<SimulatedLog, Forwarder>?
    var member: SimulatedMember?

    init(_ name: String) throws {
      self.name = name
      sent = try Wakeup()
      dispatcher = ForwardDispatcher(wakeup: sent, log: silent)
    }

    var isGone: Bool { member?.isDead ?? true }
  }

  private let time = ManualTime(wall: WallTime(milliseconds: 1_800_000_000_000))
  private let cluster: SimulatedCluster
  private var dice: SeededRandom
  private var processes: [Process] = []
  private let receivers: [(definition: ReceiverDefinition, channel: Receiver)]
  private var firing: [String: Bool] = [:]
  private var number: Int64 = 0
  private var isCalm = true
  private let faultsEvery: Int
  private(set) var repeats = 0

  init(seed: UInt64) throws {
    dice = SeededRandom(seed: seed)
    cluster = SimulatedCluster(forwarders: time, partitions: 3)
    faultsEvery = [8, 20, 60][dice.below(3)]
    var receivers: [(ReceiverDefinition, Receiver)] = []
    for (place, groupBy) in [nil, ["rule"], ["host"]].enumerated() {
      var definition = ReceiverDefinition(name: "receiver-\(place)")
      definition.groupBy = groupBy
      definition.groupWait = .milliseconds(300)
      definition.groupInterval = .seconds(1)
      receivers.append((definition, Receiver(seed: dice.next())))
    }
    self.receivers = receivers
    for name in ["one", "two"] { processes.append(try Process(name)) }
    cluster.faults = { [unowned self] call, _ in
      isCalm || !dice.once(in: faultsEvery) ? nil : SimulatedFault.draw(for: call, &dice)
    }
  }

  /// Nil if everything is right.
  func run() throws -> String? {
    for process in processes { try start(process) }
    if !settle(until: { self.haveBegun }) { return "not all receivers begin" }
    isCalm = false
    for _ in 0..<(150 + dice.below(150)) { try happen() }
    isCalm = true
    for receiver in receivers { receiver.channel.calm() }
    if !settle(until: { self.isDone }) { return "not done" }
    return receivers.lazy.compactMap { self.problem(of: $0.definition.name, $0.channel.came) }.first
  }

  private func happen() throws {
    switch dice.below(20) {
    case 0..<4: append()
    case 4..<14: turn(processes[dice.below(2)])
    case 14, 15: time.advance(by: .milliseconds(20 + dice.below(900)))
    case 16:
      let process = processes[dice.below(2)]
      process.member?.isDead = true
    case 17:
      time.advance(by: .seconds(1 + dice.below(12)))
      cluster.expireTransactions()
    case 18:
      let members = cluster.group.members
      if !members.isEmpty { cluster.group.move(Int32(dice.below(3)), to: members[dice.below(members.count)]) }
    default:
      let members = cluster.group.members
      if !members.isEmpty { cluster.group.expel(members[dice.below(members.count)]) }
      cluster.group.giveOutFree()
    }
    for process in processes where process.isGone && dice.once(in: 3) { try start(process) }
  }

  private func start(_ process: Process) throws {
    for member in cluster.group.members where member.isDead { cluster.group.expel(member) }
    let member = cluster.newMember(process.name)
    process.member = member
    // A process that died has forgotten what it sent.
    let dispatcher = ForwardDispatcher(wakeup: process.sent, log: silent)
    process.worker = try cluster.forwarder(
      member, receivers.map { ReceiverOrder($0.definition, $0.channel) }, dispatcher, time: time,
      longestWait: .milliseconds(20))
    dispatchers[process.name] = dispatcher
  }

  private var dispatchers: [String: ForwardDispatcher] = [:]

  private func turn(_ process: Process) {
    if process.isGone { return }
    process.worker?.turn()
    if process.worker?.end != nil { process.member?.isDead = true }
    // The clock of the simulation doesn't wait for threads.
    let end = SystemTime().monotonic + .seconds(20)
    while dispatchers[process.name]?.isBusy ?? false, SystemTime().monotonic < end { process.sent.wait(until: end) }
  }

  private func settle(until isDone: () -> Bool) -> Bool {
    for _ in 0..<4000 {
      for member in cluster.group.members where member.isDead { cluster.group.expel(member) }
      for process in processes where process.isGone { try? start(process) }
      cluster.group.giveOutFree()
      for process in processes { turn(process) }
      time.advance(by: .milliseconds(50))
      cluster.expireTransactions()
      if isDone() { return true }
    }
    return false
  }

  private var all: [ForwardedReceiver] { processes.filter { !$0.isGone }.flatMap { $0.worker?.receivers ?? [] } }

  private var haveBegun: Bool {
    Set(all.filter { $0.phase == .isLive && !$0.mustWrite }.map(\.definition.name)).count == receivers.count
  }

  private var isDone: Bool {
    let ends = cluster.streams[0].partitions.map(\.end)
    let done = all.filter { receiver in
      receiver.phase == .isLive && !receiver.mustWrite && receiver.queue.count == 0
        && ends.enumerated().allSatisfy { receiver.queue.positions[.init(.alerts, Int32($0.offset))] == $0.element }
    }
    return Set(done.map(\.definition.name)).count == receivers.count
  }

  private func append() {
    let (rule, host) = ("r\(dice.below(2))", "h\(dice.below(3))")
    let status: Transition.Status = firing["\(rule)/\(host)"] ?? false ? .resolved : .firing
    firing["\(rule)/\(host)"] = status == .firing
    number += 1
    cluster.append(rule, host, status, number: number, at: time.wall, current: false)
  }

  private func problem(of receiver: String, _ came: [ForwardNotification]) -> String? {
    var contents: [String: [UInt64]] = [:]
    var seen: Set<UInt64> = []
    var last: [String: (offset: Int64, isFiring: Bool)] = [:]
    for notification in came {
      let ids = notification.transitions.map(\.id)
      if let before = contents[notification.id] {
        if before != ids { return "\(receiver): one id for two contents" }
        repeats += 1
        continue
      }
      contents[notification.id] = ids
      for transition in notification.transitions {
        if !seen.insert(transition.id).inserted { return "\(receiver): \(transition.alert) is told by two ids" }
        if let before = last[transition.alert] {
          if transition.place.offset < before.offset { return "\(receiver): \(transition.alert) is out of order" }
          if transition.status == .resolved, !before.isFiring { return "\(receiver): \(transition.alert) ends twice" }
        } else if transition.status == .resolved {
          return "\(receiver): \(transition.alert) ends without a beginning"
        }
        last[transition.alert] = (transition.place.offset, transition.status == .firing)
      }
    }
    return seen.count == Int(number) ? nil : "\(receiver): \(seen.count) of \(number) were told"
  }
}

extension Worker where Log == SimulatedLog, Stage == Forwarder {
  fileprivate var receivers: [ForwardedReceiver] { stage.receivers }
}

@Suite("Forwarders under faults on a simulated cluster", .waits)
struct ForwarderFaultTests {
  @Test("each transition is told to each receiver, in order, and what is repeated has its first id")
  func promises() throws {
    let count = ProcessInfo.processInfo.environment["STATUSD_CASES"].flatMap { UInt64($0) } ?? 30
    let first = UInt64.random(in: 0...(.max >> 8))
    for seed in first..<(first + count) {
      let problem = try ForwarderSchedule(seed: seed).run()
      #expect(problem == nil, "seed \(seed): \(problem ?? "")")
      if problem != nil { return }
    }
  }
}
