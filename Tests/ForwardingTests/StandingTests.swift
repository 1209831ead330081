import JSON
import Platform
import Records
import TestRandom
import Testing

@testable import Forwarding

/// A receiver that keeps alerts, as Alertmanager does: what it shows at a time of the brokers' clock.
private struct Keeper {
  /// The end of each face of each alert, by rule, host and severity.
  var ends: [String: Int64] = [:]
  var resend: Int64

  mutating func take(_ notification: ForwardNotification, at clock: Int64) {
    for alert in notification.standing {
      for face in alert.ended { ends[Keeper.face(face.value)] = min(face.at, clock) }
    }
    for alert in notification.standing {
      if let firing = alert.firing { ends[Keeper.face(firing)] = clock + 4 * resend }
    }
  }

  func firing(at clock: Int64) -> Set<String> { Set(ends.filter { $0.value > clock }.keys) }

  static func face(_ value: [UInt8]) -> String {
    let transition = Transition.decode(value)
    return transition.map { "\($0.key) \($0.severity.name)" } ?? "none"
  }
}

@Suite("A receiver that keeps alerts")
struct StandingTests {
  private static var definition: ReceiverDefinition {
    var definition = ReceiverDefinition(name: "am")
    definition.resend = .seconds(60)
    return definition
  }

  /// Sends what is due for `seconds`, and commits.
  private func run(_ world: inout ForwardingWorld, _ keeper: inout Keeper, seconds: Int) -> [ForwardNotification] {
    var sent: [ForwardNotification] = []
    for _ in 0..<seconds * 10 {
      world.pass(100)
      world.feed()
      if let notification = world.queue.next(world.now, clock: world.clock) {
        keeper.take(notification, at: world.clock)
        sent.append(notification)
        world.queue.settle(.delivered, world.now, clock: world.clock, jitter: 0)
      }
      world.commit()
    }
    return sent
  }

  @Test("is told once each interval what fires, and of nothing else")
  func resend() throws {
    var world = ForwardingWorld(Self.definition)
    var keeper = Keeper(resend: 60_000)
    world.append("r", "a", .firing)
    world.append("r", "b", .firing, .warning)
    let sent = run(&world, &keeper, seconds: 300)
    #expect(sent.filter { !$0.transitions.isEmpty }.count == 1)
    #expect((4...6).contains(sent.count { $0.transitions.isEmpty }))
    #expect(keeper.firing(at: world.clock) == ["r/a critical", "r/b warning"])
  }

  @Test("a change of severity ends the old face at once, and the resolve the new one")
  func severity() throws {
    var world = ForwardingWorld(Self.definition)
    var keeper = Keeper(resend: 60_000)
    var shown: [Set<String>] = []
    for (status, severity) in [
      (Transition.Status.firing, Severity.warning), (.firing, .critical), (.firing, .warning), (.resolved, .warning),
    ] {
      world.append("r", "a", status, severity)
      _ = run(&world, &keeper, seconds: 2)
      shown.append(keeper.firing(at: world.clock))
    }
    #expect(shown == [["r/a warning"], ["r/a critical"], ["r/a warning"], []])
  }

  @Test("all changes at once leave what is right at the end")
  func together() throws {
    var world = ForwardingWorld(Self.definition)
    var keeper = Keeper(resend: 60_000)
    world.append("r", "a", .firing, .warning)
    world.append("r", "a", .firing, .critical)
    world.append("r", "b", .firing, .critical)
    world.append("r", "b", .resolved, .critical)
    _ = run(&world, &keeper, seconds: 1)
    #expect(keeper.firing(at: world.clock) == ["r/a critical"])
  }

  @Test("an end is told again for a quarter of an hour to one that has forgotten everything")
  func ends() throws {
    var world = ForwardingWorld(Self.definition)
    var keeper = Keeper(resend: 60_000)
    world.append("r", "a", .firing)
    _ = run(&world, &keeper, seconds: 5)
    world.append("r", "a", .resolved)
    _ = run(&world, &keeper, seconds: 5)
    try world.crash()
    keeper.ends = [:]
    _ = run(&world, &keeper, seconds: 120)
    #expect(keeper.ends.keys.sorted() == ["r/a critical"])
    _ = run(&world, &keeper, seconds: 900)
    #expect(run(&world, &keeper, seconds: 300).isEmpty)
  }

  @Test("is told again as soon as it is well, and nothing is given up meanwhile")
  func outage() throws {
    var world = ForwardingWorld(Self.definition)
    var keeper = Keeper(resend: 60_000)
    world.append("r", "a", .firing)
    _ = run(&world, &keeper, seconds: 5)
    keeper.ends = [:]
    var failures = 0
    for _ in 0..<6000 {
      world.pass(100)
      if world.queue.next(world.now, clock: world.clock) != nil {
        failures += 1
        world.queue.settle(.later(after: nil, reason: "x"), world.now, clock: world.clock, jitter: 0.5)
      }
      world.commit()
    }
    #expect((4...20).contains(failures))
    _ = run(&world, &keeper, seconds: 310)
    #expect(keeper.firing(at: world.clock) == ["r/a critical"])
    #expect(world.givenUp.isEmpty)
  }

  @Test("a part that it refuses doesn't keep it from the others")
  func refused() throws {
    var world = ForwardingWorld(Self.definition)
    var keeper = Keeper(resend: 60_000)
    for number in 0..<(ReceiverQueue.greatestNotification + 10) { world.append("r", "h\(number)", .firing) }
    _ = run(&world, &keeper, seconds: 5)
    keeper.ends = [:]
    var isFirst = true
    for _ in 0..<700 {
      world.pass(100)
      if let notification = world.queue.next(world.now, clock: world.clock) {
        if !isFirst { keeper.take(notification, at: world.clock) }
        world.queue.settle(
          isFirst ? .refused(reason: "x") : .delivered, world.now, clock: world.clock, jitter: 0)
        isFirst = false
      }
      world.commit()
    }
    #expect(keeper.ends.count == 10)
    _ = run(&world, &keeper, seconds: 70)
    #expect(keeper.ends.count == ReceiverQueue.greatestNotification + 10)
  }

  @Test("whatever happens, what it shows in the end is what fires", arguments: [UInt64.random(in: 0...UInt64.max)])
  func property(_ seed: UInt64) throws {
    for number in 0..<200 {
      var random = SeededRandom(seed: seed &+ UInt64(number))
      var world = ForwardingWorld(Self.definition)
      var keeper = Keeper(resend: 60_000)
      for _ in 0..<random.below(60) {
        switch random.below(6) {
        case 0, 1: world.appendNext(&random)
        case 2: world.pass(random.below(30_000))
        case 3: try world.crash()
        default:
          world.feed(atMost: 1 + random.below(5))
          guard let notification = world.queue.next(world.now, clock: world.clock) else { break }
          if random.once(in: 2) { keeper.take(notification, at: world.clock) }
          if random.once(in: 4) { break }
          let isDelivered = random.once(in: 2)
          if isDelivered { keeper.take(notification, at: world.clock) }
          world.queue.settle(
            isDelivered ? .delivered : .later(after: nil, reason: "x"), world.now, clock: world.clock, jitter: 0.5)
        }
        if random.once(in: 2) { world.commit() }
      }
      if world.queue.underWay != nil {
        world.queue.settle(.later(after: nil, reason: "x"), world.now, clock: world.clock, jitter: 0.5)
      }
      _ = run(&world, &keeper, seconds: 700)
      #expect(
        keeper.firing(at: world.clock) == world.standing, "seed \(seed &+ UInt64(number)): \(keeper.ends)")
    }
  }
}

@Suite("A receiver that gathers while it is busy")
struct GatheringTests {
  @Test("what comes while a notification is on its way is told together, without a group")
  func gathers() throws {
    var definition = ReceiverDefinition(name: "mail")
    definition.gathersWhileBusy = true
    var world = ForwardingWorld(definition)
    world.append("r", "a", .firing)
    world.feed()
    #expect(world.queue.next(world.now, clock: world.clock) == nil)
    world.commit()
    let next = world.queue.next(world.now, clock: world.clock)
    let first = try #require(next)
    #expect(first.transitions.count == 1 && first.group == nil)
    for host in 0..<30 { world.append("r", "b\(host)", .firing) }
    world.feed()
    world.queue.settle(.delivered, world.now, clock: world.clock, jitter: 0)
    world.commit()
    #expect(world.queue.next(world.now, clock: world.clock) == nil)
    world.commit()
    let last = world.queue.next(world.now, clock: world.clock)
    let second = try #require(last)
    #expect(second.transitions.count == 30)
  }
}
