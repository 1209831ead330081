import Kafka
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Topics

@Suite("A reliable producer", .timeLimit(.minutes(2)), .waits)
struct ReliableProducerTests {
  /// Collects the notices as texts.
  private final class Notices {
    var all: [String] = []

    func take(_ notice: DeliveryNotice) {
      switch notice {
      case .renews(_, _, let records): all.append("renews \(records)")
      case .sendsAgain(_, _, let records): all.append("sends again \(records)")
      case .sendsAlone: all.append("sends alone")
      case .cannotRenew: all.append("cannot renew")
      case .setAside(let number, let error): all.append("sets aside \(number): \(error.code.name)")
      }
    }
  }

  private static let failsProducer = KafkaError.Code(rawValue: 45)

  private func producer(
    _ cluster: MockCluster, _ endurance: Endurance, lanes: [DeliveryPlan.Lane] = [.init(topic: "t")],
    limit: Int = 1 << 20, notices: Notices = Notices()
  ) throws -> ReliableProducer {
    var plan = DeliveryPlan(Configuration(brokers: cluster.brokers), lanes: lanes, endurance: endurance)
    // Records that are handed over together share a batch, which is sent with the next flush at the latest. Otherwise
    // the mock cluster would accept a batch behind a refused one. A real broker refuses it for its sequence number.
    plan.options.linger = .seconds(1)
    plan.options.isGapless = endurance == .endless
    return try ReliableProducer(plan, backlog: MemoryBacklog(limit: limit), log: silent, notice: notices.take)
  }

  private func take(
    _ value: String?, key: String? = nil, lane: UInt8 = 0, partition: Int32? = nil,
    _ producer: inout ReliableProducer
  ) -> Bool {
    func send(_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Bool {
      producer.take(OutgoingRecord(lane: lane, partition: partition, key: key, value: value))
    }
    func send(_ key: UnsafeRawBufferPointer?) -> Bool {
      guard let value else { return send(key, nil) }
      return Array(value.utf8).withUnsafeBytes { send(key, $0) }
    }
    guard let key else { return send(nil) }
    return Array(key.utf8).withUnsafeBytes { send($0) }
  }

  private func push(_ producer: inout ReliableProducer) throws {
    producer.push(until: soon(), sleepingOn: try Wakeup())
  }

  @Test("records go to their lane's topic, with its key unless they have their own")
  func lanes() throws {
    let cluster = try cluster()
    try cluster.createTopic("u", partitions: 2)
    var producer = try producer(
      cluster, .endless, lanes: [.init(topic: "t", key: Array("old".utf8)), .init(topic: "u")])
    #expect(take("1", &producer))
    #expect(take("2", key: "own", &producer))
    #expect(take(nil, key: "k", lane: 1, partition: 1, &producer))
    #expect(!take("3", lane: 2, &producer))
    producer.setKey(Array("new".utf8), ofLane: 0)
    try push(&producer)
    let first = try TopicReader("t", on: cluster.brokers).readToEnd()
    #expect(first.map(\.key) == ["new", "own"])
    #expect(first.map(\.value) == ["1", "2"])
    let second = try TopicReader("u", on: cluster.brokers, partitions: 2).readToEnd()
    #expect(second.map(\.key) == ["k"])
    #expect(second.map(\.value) == [nil])
    #expect(second.map(\.partition) == [1])
    #expect([producer.account.taken, producer.account.delivered] == [3, 3])
    producer.close(by: soon())
  }

  @Test(
    "a failed producer is replaced, and its undelivered records are sent again in order",
    arguments: [Endurance.endless, .brief])
  func renews(_ endurance: Endurance) throws {
    let cluster = try cluster()
    let notices = Notices()
    var producer = try producer(cluster, endurance, notices: notices)
    producer.hasten()
    for round in 0..<3 {
      cluster.fail(.produce, with: [Self.failsProducer])
      for number in 0..<5 { #expect(take("\(round * 5 + number)", &producer)) }
      try push(&producer)
    }
    #expect(producer.renewals == 3)
    #expect(notices.all == ["renews 5", "renews 5", "renews 5"])
    #expect(producer.undelivered == 0)
    let seen = try TopicReader("t", on: cluster.brokers).readToEnd()
    #expect(seen.map(\.value) == (0..<15).map { "\($0)" })
    producer.close(by: soon())
  }

  @Test("a daemon's pauses double with each failure, and are reset once something is delivered")
  func pauses() throws {
    let cluster = try cluster()
    let arrived = try Wakeup()
    var plan = DeliveryPlan(configuration(cluster), lanes: [.init(topic: "t")], endurance: .endless)
    plan.options.isGapless = true
    var producer = try ReliableProducer(
      plan, backlog: MemoryBacklog(limit: 1 << 20), log: silent, wakeup: arrived)
    var now = MonotonicTime(nanoseconds: 0)
    /// Calls `turn` with the same time until a pause begins, and returns the pause.
    func pauseAfterFailure() throws -> Duration {
      cluster.fail(.produce, with: [Self.failsProducer])
      let deadline = soon()
      while true {
        producer.turn(at: now)
        if let until = producer.pausedUntil {
          defer { now = until }
          return until - now
        }
        arrived.wait(until: deadline)
        try keepWaiting(until: deadline)
      }
    }
    #expect(take("1", &producer))
    #expect(try (0..<3).map { _ in try pauseAfterFailure() } == [.seconds(1), .seconds(2), .seconds(4)])
    let deadline = soon()
    producer.turn(at: now)
    while producer.undelivered > 0 {
      arrived.wait(until: deadline)
      producer.turn(at: now)
      try keepWaiting(until: deadline)
    }
    #expect(take("2", &producer))
    #expect(try pauseAfterFailure() == .seconds(1))
    // Nothing is sent during a pause.
    producer.turn(at: now + .milliseconds(-1))
    #expect(producer.outstanding == 0)
    #expect(producer.nextTurn(after: now) == now)
    producer.close(by: soon())
  }

  @Test("a command gives up once a second producer fails without a delivery, reports every record, and takes no more")
  func givesUp() throws {
    let cluster = try cluster()
    cluster.fail(.initProducerID, with: Array(repeating: .clusterAuthorizationFailed, count: 100))
    let notices = Notices()
    var producer = try producer(cluster, .brief, notices: notices)
    for number in 0..<3 { #expect(take("\(number)", &producer)) }
    try push(&producer)
    #expect(producer.givenUp != nil)
    #expect(producer.renewals == 1)
    #expect(notices.all == ["renews 3"] + (1...3).map { "sets aside \($0): CLUSTER_AUTHORIZATION_FAILED" })
    #expect([producer.account.taken, producer.account.setAside, producer.account.refused] == [3, 3, 0])
    #expect(producer.undelivered == 0)
    #expect(!take("4", &producer))
    producer.close(by: soon())
  }

  @Test("a full backlog takes no record until brokers acknowledge some; undelivered ones are counted at the end")
  func full() throws {
    let cluster = try cluster()
    cluster.stopBroker(1)
    var producer = try producer(cluster, .endless, limit: 8192)
    let value = String(repeating: "x", count: 2000)
    #expect((0..<6).map { _ in take(value, &producer) } == [true, true, true, true, false, false])
    producer.turn(at: SystemTime().monotonic)
    #expect(producer.undelivered == 4)
    cluster.startBroker(1)
    try push(&producer)
    #expect(producer.account.delivered == 4)
    cluster.stopBroker(1)
    #expect(take(value, &producer))
    producer.turn(at: SystemTime().monotonic)
    producer.close(by: SystemTime().monotonic)
    #expect([producer.account.taken, producer.account.delivered] == [5, 4])
    #expect(producer.undelivered == 1)
  }
}
