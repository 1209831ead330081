import Kafka
import Platform
import Settings
import TestSupport
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

@Suite("The evaluator where brokers are away, or lack something", .waits)
struct EvaluatorServiceTroubleTests {
  /// Stops it within its three seconds, whatever brokers do; what wasn't delivered.
  private func stopInTrouble(_ service: EvaluatorService) -> Int {
    let began = SystemTime().monotonic
    let undone = service.stop(by: began + .seconds(3))
    #expect(SystemTime().monotonic - began < .seconds(3.5))
    return undone
  }

  @Test("it starts while brokers are away, and goes on when they come")
  func brokersAway() throws {
    let cluster = try TestCluster.open(.mock)
    let bench = try EvaluatorBench(cluster)
    let writer = try bench.writer()
    try bench.write(95, with: writer)
    cluster.mock?.stopBroker(1)
    let service = try bench.start()
    cluster.mock?.startBroker(1)
    #expect(try bench.alerts().next().key == "cpu-high/web-1")
    #expect(service.stop() == 0)
  }

  /// librdkafka 2.0.2 doesn't give a queue back where the coordinator is too old (`rd_kafka_FindCoordinatorRequest`
  /// returns without its reply queue's end), and LeakSanitizer can't tell that from one that we forget.
  private static let mayLeak = environment("STATUSD_SANITIZER") != "address"

  private func withoutTransactions(delivery: Settings.Delivery?) throws -> EvaluatorBench {
    let cluster = try TestCluster.open(.mock)
    // Transactions need the coordinator's second version.
    try cluster.mock?.limit(.findCoordinator, toVersion: 0)
    var bench = try EvaluatorBench(cluster)
    bench.settings.evaluator.delivery = delivery
    return bench
  }

  @Test(
    "where brokers have no transactions it says so once, and delivers at least once",
    .enabled(if: mayLeak, "librdkafka leaks a queue here"))
  func noTransactions() throws {
    let bench = try withoutTransactions(delivery: nil)
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    try bench.write(95, with: writer)
    #expect(try alerts.next().object["status"] as? String == "firing")
    try bench.write(20, with: writer)
    #expect(try alerts.next().object["status"] as? String == "resolved")
    #expect(service.stop() == 0)
    #expect(bench.log.messages.filter { $0.hasPrefix("brokers have no transactions") }.count == 1)
    #expect(try bench.committed() == [2])
  }

  @Test(
    "where brokers have no transactions but exactly_once is asked for, it keeps trying and says why",
    .enabled(if: mayLeak, "librdkafka leaks a queue here"))
  func exactlyOnceOnly() throws {
    let bench = try withoutTransactions(delivery: .exactlyOnce)
    let service = try bench.start()
    try bench.wait {
      bench.log.lines.contains { line in
        guard case .string(let reason)? = line.metadata["reason"] else { return false }
        return reason.hasPrefix("brokers have no transactions, which delivery = \"exactly_once\" needs")
      }
    }
    #expect(service.stop() == 0)
    #expect(!bench.log.messages.contains { $0.hasPrefix("brokers have no transactions") })
  }

  @Test(
    "a producer of transactions that brokers refuse is made anew less and less often",
    .enabled(if: mayLeak, "librdkafka leaks a queue here"))
  func refusedProducer() throws {
    let bench = try withoutTransactions(delivery: .exactlyOnce)
    let time = ManualTime()
    var log = try bench.kafkaLog(.transactions, time: time)
    /// Tries to take over until brokers have refused once more.
    func refusal(_ log: inout KafkaLog, after pause: Duration?) throws -> Refusal {
      for _ in 0..<100 {
        do throws(LogFailure) {
          try log.takeOver(until: time.monotonic + .seconds(2))
        } catch {
          if let refusal = log.refusal, refusal.pause != pause { return refusal }
        }
      }
      throw LogFailure(.stop, reason: "never refused")
    }
    let first = try refusal(&log, after: nil)
    for _ in 0..<10 {
      #expect(throws: first.failure) { try log.takeOver(until: time.monotonic + .seconds(2)) }
    }
    #expect(log.refusal?.until == first.until)
    time.advance(by: first.pause)
    let second = try refusal(&log, after: first.pause)
    #expect(second.pause == first.pause * 2)
    #expect(second.until - time.monotonic == second.pause)
    log.close(until: SystemTime().monotonic, forGood: false)
  }

  /// A service whose group has no coordinator from its first delivery on.
  private func withoutCoordinator() throws -> (EvaluatorBench, EvaluatorService) {
    let cluster = try TestCluster.open(.mock)
    var bench = try EvaluatorBench(cluster)
    bench.settings.evaluator.delivery = .exactlyOnce
    try bench.write(95, with: bench.writer())
    let service = try bench.start()
    // Time enough until the first delivery.
    cluster.mock?.delayBroker(1, by: .milliseconds(50))
    try bench.wait(for: "a partition's state is restored")
    cluster.mock?.fail(.findCoordinator, with: Array(repeating: .coordinatorNotAvailable, count: 1000))
    try bench.wait(for: "partition is evaluated here from now on")
    return (bench, service)
  }

  @Test("where the group has no coordinator, a delivery is given up, and made again when it has one")
  func noCoordinator() throws {
    let (bench, service) = try withoutCoordinator()
    try bench.wait(for: "nobody knows what became of a delivery: state is restored from the changelog")
    bench.cluster.mock?.fail(.findCoordinator, with: [])
    try bench.wait(for: "transitions and positions are delivered again")
    #expect(try bench.alerts().next().key == "cpu-high/web-1")
    // What a delivery left in doubt counts as undelivered until its partition is restored, in both source topics.
    try bench.wait {
      let doubt = "nobody knows what became of a delivery: state is restored from the changelog"
      let messages = bench.log.messages
      guard let last = messages.lastIndex(of: doubt) else { return false }
      return messages[last...].count { $0 == "partition is evaluated here from now on" } == 2
    }
    #expect(service.stop() == 0)
  }

  @Test("while the group has no coordinator, stopping is bounded and counts what wasn't delivered")
  func stopsWithoutCoordinator() throws {
    let (bench, service) = try withoutCoordinator()
    #expect(stopInTrouble(service) > 0)
    bench.cluster.mock?.fail(.findCoordinator, with: [])
  }

  @Test("a producer that fails for good is made anew, and what it held is sent again")
  func fatalProducer() throws {
    let cluster = try TestCluster.open(.mock)
    let bench = try EvaluatorBench(cluster)
    let alerts = try bench.alerts()
    let writer = try bench.writer()
    let service = try bench.start()
    try bench.write(95, with: writer)
    #expect(try alerts.next().object["status"] as? String == "firing")
    // OUT_OF_ORDER_SEQUENCE_NUMBER and then INVALID_PRODUCER_EPOCH, which the idempotent producer can't get over.
    try writeSample(
      bench, 20, before: { cluster.mock?.fail(.produce, with: [.init(rawValue: 0), .init(rawValue: 47)]) })
    #expect(try alerts.next().object["status"] as? String == "resolved")
    #expect(service.stop() == 0)
    #expect(try bench.committed() == [2])
  }

  @Test("of a topic that was deleted it is said that it is gone, not that another evaluator has it", .needsKafka)
  func deletedTopic() throws {
    let bench = try EvaluatorBench(TestCluster.open(.newest))
    let service = try bench.start()
    try bench.wait(for: "partition is evaluated here from now on")
    let admin = try Admin(Configuration(brokers: bench.cluster.brokers), log: Logger(output: CapturedLog()))
    #expect(try admin.delete([bench.settings.topics.status], within: .seconds(30)) == [nil])
    try bench.wait { bench.log.messages.contains { $0.hasPrefix("partition is lost: ") } }
    #expect(bench.log.messages.filter { $0.hasPrefix("partition is lost: ") } == ["\(LossCause.topicGone.sentence)"])
    _ = stopInTrouble(service)
  }

  private func writeSample(_ bench: EvaluatorBench, _ cpu: Double, before: () -> Void) throws {
    let writer = try bench.writer()
    before()
    try bench.write(cpu, with: writer)
  }

  @Test("while the brokers don't take alerts, stopping is bounded and counts what wasn't delivered")
  func undelivered() throws {
    let cluster = try TestCluster.open(.mock)
    let bench = try EvaluatorBench(cluster)
    let writer = try bench.writer()
    let service = try bench.start()
    // NOT_LEADER_FOR_PARTITION, for as long as it takes.
    cluster.mock?.setError(.init(rawValue: 6), of: bench.settings.topics.alerts)
    try bench.write(95, with: writer)
    try bench.wait(for: "alert fires")
    #expect(stopInTrouble(service) == 2)
  }
}
