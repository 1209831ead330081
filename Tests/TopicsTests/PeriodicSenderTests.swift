import Kafka
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Topics

@Suite("A sender of a program's own metrics", .timeLimit(.minutes(2)), .waits)
struct PeriodicSenderTests {
  private let time = ManualTime()

  private func sender(
    _ cluster: MockCluster, log: Logger = silent, topicIsReady: @escaping @Sendable (String) -> Bool = { _ in true },
    _ records: @escaping @Sendable () -> [PeriodicSender.Record]
  ) -> PeriodicSender {
    PeriodicSender(
      .init(configuration(cluster), topic: "readings"), log: log, time: time, topicIsReady: topicIsReady,
      records: records)
  }

  @Test("each interval brings one set of records, each with its own key")
  func interval() throws {
    let cluster = try MockCluster()
    try cluster.createTopic("readings")
    let asleep = try Wakeup()
    time.observeSleepers(asleep)
    let round = Atomic<Int>(0)
    let sender = sender(cluster) {
      let number = round.add(1, ordering: .relaxed).newValue
      return ["a", "b"].map { .init(key: $0, value: Array("\($0)\(number)".utf8)) }
    }
    try sender.start()
    let reader = try TopicReader("readings", on: cluster.brokers)
    for number in 1...3 {
      let records = try (0..<2).map { _ in try reader.next() }
      #expect(records.map(\.key) == ["a", "b"])
      #expect(records.map(\.value) == ["a\(number)", "b\(number)"])
      // In steps: the sender takes the brokers' answers meanwhile.
      while number < 3, round.load(ordering: .relaxed) == number {
        _ = asleep.wait(until: soon(.milliseconds(200)))
        time.advance(by: .seconds(1))
      }
    }
    #expect(sender.heartbeats.allSatisfy { $0.isFresh(at: time.monotonic) })
    #expect(sender.stop(by: soon()) == 0)
  }

  @Test("nothing is sent to a topic that isn't there yet, nor asked for")
  func missing() throws {
    let cluster = try MockCluster()
    try cluster.createTopic("readings")
    let asked = Watched(0)
    let made = Atomic<Int>(0)
    let sender = sender(
      cluster,
      topicIsReady: { _ in
        asked.change { $0 += 1 }
        return false
      }
    ) {
      made.add(1, ordering: .relaxed)
      return []
    }
    try sender.start()
    #expect(asked.wait { $0 == 1 })
    time.advance(by: .seconds(10))
    #expect(asked.wait { $0 == 2 })
    #expect(made.load(ordering: .relaxed) == 0)
    #expect(sender.stop(by: soon()) == 0)
  }

  @Test("without the right to write nothing is sent for five minutes; the line says which command grants it")
  func forbidden() throws {
    let cluster = try MockCluster()
    try cluster.createTopic("readings")
    cluster.fail(.produce, with: [.topicAuthorizationFailed])
    let log = CapturedLog()
    let asleep = try Wakeup()
    time.observeSleepers(asleep)
    let begin = time.monotonic
    let sender = sender(cluster, log: Logger(output: log)) { [time] in
      [.init(key: "a", value: Array("\((time.monotonic - begin).components.seconds)".utf8))]
    }
    try sender.start()
    let said = "brokers refuse the program's own metrics; the next try follows in five minutes"
    let reader = try TopicReader("readings", on: cluster.brokers)
    var first: Record?
    let deadline = soon()
    while first == nil {
      try keepWaiting(until: deadline)
      _ = asleep.wait(until: soon(.milliseconds(200)))
      // In steps: the sender takes the brokers' answers meanwhile.
      time.advance(by: log.messages.contains(said) ? .seconds(10) : .seconds(1))
      first = reader.poll()
    }
    #expect(Int(first?.value ?? "") ?? 0 >= 300)
    #expect(log.messages.filter { $0 == said }.count == 1)
    let line = log.lines.first { $0.message == said }
    let right = line.flatMap { $0.metadata["right"] }
    #expect(right == .string("Write on topic readings"))
    #expect(sender.stop(by: soon()) == 0)
  }

  @Test("while brokers are away no further records are made, and its end waits for none")
  func away() throws {
    let cluster = try MockCluster()
    try cluster.createTopic("readings")
    cluster.stopBroker(1)
    let made = Watched(0)
    let sender = sender(cluster) {
      made.change { $0 += 1 }
      return [.init(key: "a", value: [1])]
    }
    let asleep = try Wakeup()
    time.observeSleepers(asleep)
    try sender.start()
    #expect(made.wait { $0 == 1 })
    for _ in 0..<5 {
      _ = asleep.wait(until: soon())
      time.advance(by: .seconds(10))
    }
    _ = asleep.wait(until: soon())
    #expect(made.value == 1)
    let begin = SystemTime().monotonic
    #expect(sender.stop(by: begin + .seconds(5)) == 0)
    #expect(SystemTime().monotonic - begin < .seconds(3))
  }
}
