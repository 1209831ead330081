import JSON
import Platform
import Records
import TestRandom
import Testing

@testable import Forwarding

/// A log of transitions, a receiver's queue over it, and what the receiver got.
struct ForwardingWorld {
  struct Record {
    var transition: Transition
    var time: Int64
    var value: [UInt8] {
      var writer = Writer()
      transition.encode(into: &writer)
      return writer.bytes
    }
  }

  var definition: ReceiverDefinition
  var log: [[Record]] = [[], []]
  var queue: ReceiverQueue
  /// The committed records of the state: the head, groups, alerts.
  private var head: [UInt8] = []
  private var groups: [[String]: [UInt8]] = [:]
  private var alerts: [String: [UInt8]] = [:]
  var clock: Int64 = 1_800_000_000_000
  var now = MonotonicTime(nanoseconds: 0)
  /// What came, in order.
  var inbox: [ForwardNotification] = []
  var givenUp: [GivenUp] = []
  var crashes = 0
  private var firing: [String: Severity] = [:]

  init(_ definition: ReceiverDefinition) {
    self.definition = definition
    queue = ReceiverQueue(definition, ReceiverState(from: [.init(.alerts, 0): 0, .init(.alerts, 1): 0]))
    commit()
  }

  mutating func pass(_ milliseconds: Int) {
    clock += Int64(milliseconds)
    now = now + .milliseconds(milliseconds)
  }

  /// Appends a transition of an alert; returns it.
  @discardableResult
  mutating func append(
    _ rule: String, _ host: String, _ status: Transition.Status, _ severity: Severity = .critical,
    repeat number: Int64? = nil
  ) -> Transition {
    pass(1)
    var transition = Transition(
      timestamp: WallTime(milliseconds: clock), status: status, severity: severity, rule: rule, subject: host,
      metric: "cpu_usage", value: 95, threshold: 90, since: WallTime(milliseconds: clock), previous: .inactive,
      source: SourcePosition(topic: "status_topic", partition: 0, offset: clock))
    transition.repeat = number
    log[host.utf8.reduce(0) { $0 + Int($1) } % 2].append(Record(transition: transition, time: clock))
    return transition
  }

  /// Appends what an alert's life has next.
  mutating func appendNext(_ random: inout SeededRandom) {
    let (rule, host) = ("r\(random.below(2))", "h\(random.below(3))")
    let key = "\(rule)/\(host)"
    if let severity = firing[key], random.once(in: 2) {
      append(rule, host, .resolved, severity)
      firing[key] = nil
    } else {
      let severity: Severity =
        firing[key].map { $0 == .critical ? .warning : .critical } ?? random.pick([.warning, .critical])
      append(rule, host, .firing, severity)
      firing[key] = severity
    }
  }

  /// The alerts that fire, each with its severity.
  var standing: Set<String> { Set(firing.map { "\($0.key) \($0.value.name)" }) }

  /// Gives the queue what it lacks.
  mutating func feed(atMost limit: Int = .max) {
    for partition in log.indices {
      let from = Int(queue.positions[.init(.alerts, Int32(partition))] ?? 0)
      let end = min(log[partition].count, limit == .max ? .max : from + limit)
      for offset in from..<max(from, end) {
        let record = log[partition][offset]
        let isTaken = queue.take(
          record.transition, at: ForwardPlace(.alerts, Int32(partition), Int64(offset)), kafkaTime: record.time,
          value: record.value,
          now: clock)
        if !isTaken { break }
      }
    }
  }

  mutating func commit() {
    givenUp += queue.takeGivenUp()
    let changes = queue.takeChanges(clock: clock)
    [UInt8]().withUnsafeBytes { key in
      var writer = BinaryWriter()
      if changes.head || head.isEmpty {
        queue.state.writeHead(to: &writer, key: key)
        head = writer.bytes
      }
      for group in changes.groups {
        writer.reset()
        groups[group] = queue.state.write(group: group, to: &writer, key: key).map { writer.bytes }
      }
      for alert in changes.alerts {
        writer.reset()
        alerts[alert] = queue.state.write(alert: alert, to: &writer, key: key).map { writer.bytes }
      }
    }
    queue.committed()
  }

  /// The process dies; another one goes on with what is committed.
  mutating func crash() throws {
    crashes += 1
    let state = try [UInt8]().withUnsafeBytes { key throws in
      var state = try head.withUnsafeBytes { try ReceiverState(head: $0, key: key) }
      for (group, value) in groups { try value.withUnsafeBytes { try state.read(group: group, $0, key: key) } }
      for (alert, value) in alerts { try value.withUnsafeBytes { try state.read(alert: alert, $0, key: key) } }
      return state
    }
    #expect(state.done.count == 2)
    queue = ReceiverQueue(definition, state)
  }

  /// Sends what is due; the receiver has it whatever it answers.
  mutating func send(_ outcome: (ForwardNotification) -> ForwardOutcome = { _ in .delivered }) -> ForwardNotification? {
    guard let notification = queue.next(now, clock: clock) else { return nil }
    let outcome = outcome(notification)
    if outcome == .delivered { inbox.append(notification) }
    queue.settle(outcome, now, clock: clock, jitter: 0.5)
    return notification
  }

  /// `rule/host firing`, of all that came.
  var told: [String] {
    inbox.flatMap { $0.transitions.map { "\($0.alert) \($0.status.rawValue)" } }
  }
}

@Suite("A receiver's queue")
struct ReceiverQueueTests {
  @Test("the oldest that waits is the one with the least Kafka time; what is told doesn't wait")
  func oldest() {
    var world = ForwardingWorld(ReceiverDefinition(name: "on-call"))
    #expect(world.queue.oldest == nil)
    let begin = world.clock
    for host in ["a", "b", "c"] { world.append("r", host, .firing) }
    world.feed()
    #expect(world.queue.oldest == begin + 1)
    #expect(world.send { _ in .later(after: nil, reason: "away") } != nil)
    #expect(world.queue.oldest == begin + 1)
    while world.send() != nil { world.commit() }
    world.pass(2000)
    while world.send() != nil { world.commit() }
    #expect(world.queue.oldest == nil && world.queue.count == 0)
  }

  @Test("each transition is told at once, those of an alert one after the other")
  func single() {
    var world = ForwardingWorld(ReceiverDefinition(name: "on-call"))
    world.append("cpu", "b", .firing)
    world.append("cpu", "b", .resolved)
    world.append("cpu", "d", .firing)
    world.feed()
    #expect(world.send()?.transitions.map(\.alert) == ["cpu/b"])
    // The next one of this alert waits until the outcome is committed.
    #expect(world.send()?.transitions.map(\.alert) == ["cpu/d"])
    #expect(world.send() == nil)
    world.commit()
    _ = world.send()
    #expect(world.told == ["cpu/b firing", "cpu/d firing", "cpu/b resolved"])
    #expect(world.inbox.allSatisfy { $0.group == nil })
    #expect(world.queue.count == 0)
  }

  @Test("a resolve goes only to who was told of the firing, whatever match says of it")
  func match() {
    var definition = ReceiverDefinition(name: "on-call")
    definition.match = [.init(part: "severity", glob: "critical")]
    var world = ForwardingWorld(definition)
    world.append("cpu", "a", .firing, .warning)
    world.append("cpu", "a", .resolved, .warning)
    world.append("cpu", "b", .firing, .warning)
    world.append("cpu", "b", .firing, .critical)
    world.append("cpu", "b", .firing, .warning)
    world.append("cpu", "b", .resolved, .warning)
    for _ in 0..<6 {
      world.feed(atMost: 1)
      _ = world.send()
      world.commit()
    }
    #expect(world.told == ["cpu/b firing", "cpu/b firing", "cpu/b resolved"])
  }

  @Test("a group gathers from its first transition on, and is told in one notification that was committed before")
  func group() throws {
    var definition = ReceiverDefinition(name: "mail")
    definition.groupBy = ["rule"]
    var world = ForwardingWorld(definition)
    for host in ["a", "b", "c"] { world.append("cpu", host, .firing) }
    world.feed()
    world.pass(29_990)
    #expect(world.send() == nil)
    world.pass(10)
    #expect(world.send() == nil)
    // Another process sends the same.
    world.commit()
    try world.crash()
    world.append("cpu", "d", .firing)
    world.feed()
    let first = world.send()
    #expect(first?.group == ["cpu"])
    #expect(first?.transitions.map(\.alert).sorted() == ["cpu/a", "cpu/b", "cpu/c"])
    world.commit()
    world.append("cpu", "a", .resolved)
    world.feed()
    world.pass(299_000)
    #expect(world.send() == nil)
    world.pass(2000)
    #expect(world.send() == nil)
    world.commit()
    #expect(world.send()?.transitions.map(\.alert).sorted() == ["cpu/a", "cpu/d"])
  }

  @Test("what was sent before a crash is sent again with the same id and the same transitions")
  func again() throws {
    var definition = ReceiverDefinition(name: "mail")
    definition.groupBy = ["rule"]
    for isGrouped in [true, false] {
      if !isGrouped { definition.groupBy = nil }
      var world = ForwardingWorld(definition)
      world.append("cpu", "a", .firing)
      world.feed()
      world.pass(30_000)
      _ = world.send()
      world.commit()
      if isGrouped { _ = world.send() }
      try world.crash()
      world.append("cpu", "b", .firing)
      world.append("cpu", "a", .resolved)
      world.feed()
      world.pass(1)
      _ = world.send()
      if isGrouped {
        #expect(world.inbox.count == 2)
        #expect(world.inbox[0] == world.inbox[1])
      }
    }
  }

  @Test("a refused notification is halved until the transition that is meant is alone")
  func bisected() {
    var definition = ReceiverDefinition(name: "mail")
    definition.groupBy = []
    var world = ForwardingWorld(definition)
    for number in 0..<7 { world.append("cpu", "h\(number)", .firing) }
    world.append("cpu", "h3", .resolved)
    world.feed()
    world.pass(30_000)
    for _ in 0..<30 {
      _ = world.send { $0.transitions.contains { $0.alert == "cpu/h3" } ? .refused(reason: "400") : .delivered }
      world.commit()
    }
    #expect(world.givenUp.map(\.transition.alert) == ["cpu/h3"])
    #expect(world.told.count == 6)
    #expect(!world.told.contains { $0.hasPrefix("cpu/h3") })
    #expect(world.queue.count == 0)
  }

  @Test("one that always fails holds nothing else up, and is given up when it is old and was tried for long")
  func poison() {
    var world = ForwardingWorld(ReceiverDefinition(name: "on-call"))
    world.append("cpu", "poison", .firing)
    for number in 0..<5 { world.append("cpu", "h\(number)", .firing) }
    world.feed()
    func answer(_ notification: ForwardNotification) -> ForwardOutcome {
      notification.transitions[0].alert == "cpu/poison" ? .later(after: nil, reason: "500") : .delivered
    }
    for _ in 0..<20 {
      _ = world.send(answer)
      world.commit()
      world.pass(1000)
    }
    #expect(world.told.count == 5)
    #expect(world.givenUp.isEmpty)
    for _ in 0..<400 {
      world.pass(300_000)
      _ = world.send(answer)
      world.commit()
    }
    #expect(world.givenUp.map(\.reason) == ["500"])
    #expect(world.queue.count == 0)
  }

  @Test("reminders are told only where they are asked for")
  func reminders() {
    for isAsked in [false, true] {
      var definition = ReceiverDefinition(name: "on-call")
      definition.tellsReminders = isAsked
      var world = ForwardingWorld(definition)
      world.append("cpu", "a", .firing)
      world.append("cpu", "a", .firing, repeat: 1)
      world.append("cpu", "a", .resolved)
      world.feed()
      for _ in 0..<4 {
        _ = world.send()
        world.commit()
      }
      #expect(world.told.count == (isAsked ? 3 : 2))
    }
  }

  @Test("a full queue takes nothing more until half of it is told, and goes on where it stopped")
  func full() {
    var world = ForwardingWorld(ReceiverDefinition(name: "on-call"))
    for number in 0..<(ReceiverQueue.greatestCount + 50) { world.append("cpu", "h\(number)", .firing) }
    world.feed()
    #expect(world.queue.isFull)
    #expect(world.queue.count == ReceiverQueue.greatestCount)
    while world.queue.count > ReceiverQueue.greatestCount / 2 {
      #expect(world.queue.isFull)
      world.feed()
      _ = world.send()
      world.commit()
    }
    #expect(!world.queue.isFull)
    world.feed()
    #expect(world.queue.count == ReceiverQueue.greatestCount / 2 + 50)
  }
}
