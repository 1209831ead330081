import Forwarding
import JSON
import Kafka
import Platform
import Records
import TestSupport
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

/// A receiver that keeps what comes.
private final class Inbox: ForwardChannel {
  private let kept = Watched<[ForwardNotification]>([])

  func send(_ notification: ForwardNotification) -> ForwardOutcome {
    kept.change { $0.append(notification) }
    return .delivered
  }

  var notifications: [ForwardNotification] { kept.value }

  /// `rule/host firing`, of all that came, once there are so many.
  func told(_ count: Int) -> [String] {
    kept.wait(until: soon(.seconds(60))) { $0.reduce(0) { $0 + $1.transitions.count } >= count }
    return notifications.flatMap { $0.transitions.map { "\($0.alert) \($0.status.rawValue)" } }
  }
}

/// A forwarder service on a real broker, with topics and group of its own.
private final class ForwardBench {
  let cluster: TestCluster
  let plan: ForwardService.Plan
  let writer: TopicWriter
  private var number: Int64 = 0

  init() throws {
    cluster = try TestCluster.open(.kafka43)
    let appended: [(name: String, value: String)] = [("message.timestamp.type", "LogAppendTime")]
    plan = ForwardService.Plan(
      alerts: try cluster.createTopic(partitions: 2, configuration: appended),
      current: try cluster.createTopic(partitions: 2, configuration: appended + [("cleanup.policy", "compact")]),
      state: try cluster.createTopic(partitions: 3, configuration: appended + [("cleanup.policy", "compact")]),
      undelivered: try cluster.createTopic(), group: uniqueName("forward"), instance: "one")
    writer = try TopicWriter(on: cluster.brokers)
  }

  func append(_ host: String, _ status: Transition.Status) throws {
    number += 1
    let transition = Transition(
      timestamp: WallTime(milliseconds: 1_800_000_000_000 + number), status: status, severity: .critical, rule: "cpu",
      subject: host, metric: "cpu_usage", value: 95, threshold: 90, since: WallTime(milliseconds: 1_800_000_000_000),
      previous: .inactive, source: SourcePosition(topic: "status_topic", partition: 0, offset: number))
    var json = Writer()
    transition.encode(into: &json)
    let key = Array(transition.key.utf8)
    try writer.write(json.bytes, key: key, to: plan.alerts)
    try writer.write(status == .firing ? json.bytes : nil, key: key, to: plan.current)
    try writer.flush()
  }

  func start(_ instance: String, _ receivers: [(String, Inbox)]) throws -> ForwardService {
    var plan = plan
    plan.instance = instance
    let service = try ForwardService(
      plan, receivers.map { .init(ReceiverDefinition(name: $0.0), $0.1) },
      configuration: Configuration(brokers: cluster.brokers), log: Logger(level: .debug, output: CapturedLog()))
    try service.start()
    return service
  }
}

@Suite("The forwarder on a real broker", .waits, .needsKafka)
struct ForwardServiceTests {
  @Test("a receiver is told what fires, then what comes; a restart neither repeats nor loses anything")
  func restart() throws {
    let bench = try ForwardBench()
    try bench.append("old", .firing)
    try bench.append("old", .resolved)
    try bench.append("a", .firing)
    let inbox = Inbox()
    let first = try bench.start("one", [("on-call", inbox)])
    #expect(inbox.told(1) == ["cpu/a firing"])
    try bench.append("b", .firing)
    #expect(inbox.told(2).last == "cpu/b firing")
    #expect(first.stop() == 0)
    try bench.append("a", .resolved)
    let second = try bench.start("one", [("on-call", inbox)])
    #expect(inbox.told(3).last == "cpu/a resolved")
    try bench.append("b", .resolved)
    #expect(inbox.told(4).last == "cpu/b resolved")
    #expect(second.stop() == 0)
    #expect(Set(inbox.notifications.map(\.id)).count == 4)
  }

  @Test("two forwarders share the receivers, and one that leaves hands its own over")
  func shared() throws {
    let bench = try ForwardBench()
    let inboxes = (0..<6).map { ("receiver-\($0)", Inbox()) }
    let first = try bench.start("one", inboxes)
    try bench.append("a", .firing)
    for (_, inbox) in inboxes { #expect(inbox.told(1) == ["cpu/a firing"]) }
    let second = try bench.start("two", inboxes)
    try bench.append("b", .firing)
    for (_, inbox) in inboxes { #expect(inbox.told(2).last == "cpu/b firing") }
    first.leaveForGood()
    #expect(first.stop() == 0)
    try bench.append("b", .resolved)
    for (_, inbox) in inboxes {
      #expect(inbox.told(3).last == "cpu/b resolved")
      #expect(Set(inbox.notifications.map(\.id)).count == 3)
    }
    #expect(second.stop() == 0)
  }

  @Test("a service says what it and its receivers did, as records of the topic of readings")
  func records() throws {
    let bench = try ForwardBench()
    let inbox = Inbox()
    let service = try bench.start("web/1", [("on-call", inbox), ("mail", inbox)])
    #expect(service.records.map(\.subject) == ["statusd-forward@web/1"])
    #expect(!service.isReady)
    try bench.append("a", .firing)
    #expect(inbox.told(2) == ["cpu/a firing", "cpu/a firing"])
    try lookUntil { service.numbers.transitions == 2 && service.numbers.receivers == 2 }
    #expect(service.isReady)
    let records = service.records
    #expect(Set(records.map(\.subject)) == ["statusd-forward@web/1", "receiver/on-call", "receiver/mail"])
    let schema = try JSONSchema.file("reading")
    for record in records { #expect(schema.problems(of: String(decoding: record.value, as: UTF8.self)) == []) }
    #expect(service.stop() == 0)
  }
}
