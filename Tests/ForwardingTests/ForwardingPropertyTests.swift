import Foundation
import Platform
import Records
import TestRandom
import Testing

@testable import Forwarding

@Suite("Forwarding under random faults")
struct ForwardingPropertyTests {
  private static let cases = ProcessInfo.processInfo.environment["STATUSD_CASES"].flatMap { UInt64($0) } ?? 400

  @Test(
    "every transition is told once and in order, or given up; repeats have their original's id and come of crashes only"
  )
  func promises() throws {
    let first = UInt64.random(in: 0...(.max >> 8))
    for seed in first..<(first + Self.cases) {
      if let problem = try Self.run(seed) {
        Issue.record("seed \(seed): \(problem)")
        return
      }
    }
  }

  private static func run(_ seed: UInt64) throws -> String? {
    var random = SeededRandom(seed: seed)
    var definition = ReceiverDefinition(name: "r")
    definition.groupBy = random.pick([nil, nil, ["rule"], ["severity"], ["host", "rule"], []])
    if random.once(in: 2) { definition.match = [.init(part: "severity", glob: "critical")] }
    definition.groupWait = .milliseconds(random.pick([0, 50, 500]))
    definition.groupInterval = .milliseconds(random.pick([0, 200, 2000]))
    var world = ForwardingWorld(definition)
    let poisonEvery = random.pick([UInt64.max, 7, 20])
    func isPoison(_ transition: ForwardedTransition) -> Bool { transition.id % poisonEvery == 0 }
    func answer(_ notification: ForwardNotification, _ random: inout SeededRandom) -> ForwardOutcome {
      if notification.transitions.contains(where: isPoison) { return .refused(reason: "poison") }
      return random.once(in: 5) ? .later(after: nil, reason: "away") : .delivered
    }
    for _ in 0..<(60 + random.below(120)) {
      switch random.below(12) {
      case 0..<4: world.appendNext(&random)
      case 4, 5: world.feed(atMost: 1 + random.below(4))
      case 6, 7, 8: _ = world.send { answer($0, &random) }
      case 9: world.commit()
      case 10: world.pass(random.below(3000))
      default: if random.once(in: 3) { try world.crash() }
      }
    }
    for _ in 0..<400 {
      world.feed()
      _ = world.send { $0.transitions.contains(where: isPoison) ? .refused(reason: "poison") : .delivered }
      world.commit()
      world.pass(700)
    }
    return world.problem
  }
}

extension ForwardingWorld {
  /// What is wrong in the end; nil if nothing is.
  fileprivate var problem: String? {
    if queue.count > 0 { return "\(queue.count) transitions still wait" }
    for partition in log.indices {
      let done = queue.state.done[.init(.alerts, Int32(partition))]
      if done?.floor != Int64(log[partition].count) {
        return "partition \(partition) is done up to \(done?.floor ?? -1)"
      }
    }
    var seen: [String: ForwardNotification] = [:]
    var unique: [ForwardNotification] = []
    for notification in inbox {
      if let before = seen[notification.id] {
        if before.transitions.map(\.id) != notification.transitions.map(\.id) { return "an id for two contents" }
      } else {
        seen[notification.id] = notification
        unique.append(notification)
      }
    }
    if inbox.count - unique.count > ReceiverQueue.greatestRepeat * crashes {
      return "\(inbox.count - unique.count) repeats after \(crashes) crashes"
    }
    // Not even a repeat goes back behind what was told of its alert.
    var latest: [String: String] = [:]
    var told: Set<String> = []
    for notification in inbox {
      let isRepeat = !told.insert(notification.id).inserted
      for transition in notification.transitions {
        if isRepeat, latest[transition.alert] != notification.id { return "\(transition.alert) goes back" }
      }
      for transition in notification.transitions { latest[transition.alert] = notification.id }
    }
    let given = Set(givenUp.map(\.transition.id))
    let came = unique.flatMap(\.transitions)
    if Set(came.map(\.id)).count != came.count { return "a transition is in two notifications" }
    for (alert, told) in Dictionary(grouping: came, by: \.alert) {
      if told.map(\.place.offset) != told.map(\.place.offset).sorted() { return "\(alert) out of order" }
      var isFiring = false
      for transition in told {
        if transition.status == .resolved, !isFiring { return "\(alert): a resolve without its firing" }
        isFiring = transition.status == .firing
      }
    }
    let toldIDs = Set(came.map(\.id))
    for records in log {
      var isFiring: [String: Bool] = [:]
      for record in records {
        let (transition, key) = (record.transition, record.transition.key)
        let id = UInt64(transition.id, radix: 16) ?? 0
        if toldIDs.contains(id) {
          isFiring[key] = transition.status == .firing
        } else if given.contains(id) {
          if transition.status == .resolved { isFiring[key] = false }
        } else if transition.status == .resolved, isFiring[key] ?? false {
          return "the end of \(key) at \(transition.timestamp) isn't told"
        } else if transition.status == .firing, definition.matches(transition) || isFiring[key] ?? false {
          return "\(key) at \(transition.timestamp) isn't told"
        }
      }
    }
    return nil
  }
}
