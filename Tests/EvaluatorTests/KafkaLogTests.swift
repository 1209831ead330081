import Kafka
import Platform
import TestSupport
import Testing

@testable import Evaluator

/// Counts what it is given.
private struct Count: ChangelogReceiver {
  var records = 0

  mutating func receive(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, at offset: Int64) { records += 1 }
}

@Suite("Kafka as a worker's log", .waits) struct KafkaLogTests {
  /// Opens a partition of the changelog and reads all that there is; how many records.
  private func read(_ number: Int32, of log: inout KafkaLog) throws -> Int {
    let deadline = SystemTime().monotonic + .seconds(30)
    var end: Int64?
    repeat {
      do throws(LogFailure) {
        end = try log.openChangelog(number, until: deadline)
      } catch {
        if error.remedy != .retry || SystemTime().monotonic > deadline { throw error }
      }
    } while end == nil
    var count = Count()
    while try log.readChangelog(into: &count) < (end ?? 0), SystemTime().monotonic < deadline {}
    return count.records
  }

  @Test(
    "a changelog that is opened is read from its oldest record, also where it is open",
    arguments: TestCluster.Kind.main)
  func openAgain(kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind), partitions: 2)
    let writer = try TopicWriter(on: bench.cluster.brokers)
    for number in 0..<3 {
      try writer.write("\(number)", key: "\(number)", to: bench.settings.topics.changelog, partition: 0)
    }
    try writer.flush()
    var log = try bench.kafkaLog(.steps)
    // As after a delivery that nobody knows the fate of, and of another topic's partition with the same number.
    let counts = try [0, 0, 1, 0, 0].map { number in try read(number, of: &log) }
    #expect(counts == [3, 3, 0, 3, 3])
    log.close(until: SystemTime().monotonic, forGood: false)
  }

  /// Takes an assignment and reads from the beginning until the partition's end came.
  private struct Ends: LogReceiver {
    var count = 0
    mutating func expect(_ record: LogRecord) {}
    mutating func receive(_ record: LogRecord) {}
    mutating func receiveEnd(of partition: LogPartition, position: Int64) { count += 1 }
  }

  @Test(
    "where a partition ends is answered while a fetch waits for records there, open transactions included",
    arguments: TestCluster.Kind.main)
  func endsDuringFetch(kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind))
    let writer = try bench.writer()
    try bench.write(20, with: writer)
    // A fetch that finds nothing stays for longer than this test takes.
    var log = try bench.kafkaLog(.steps, properties: [("fetch.wait.max.ms", "50000"), ("socket.timeout.ms", "60000")])
    let deadline = SystemTime().monotonic + .seconds(120)
    var ends = Ends()
    var isAsked = false
    let partition = LogPartition(topic: 0, number: 0)
    while !isAsked, SystemTime().monotonic < deadline {
      while let event = log.nextEvent() {
        guard case .assigned(let partitions) = event else { continue }
        log.accept(partitions)
        try log.start(partition, at: 0)
        isAsked = true
      }
      _ = log.fetch(until: min(deadline, SystemTime().monotonic + .seconds(1)), into: &ends)
    }
    // From here on the consumer's connection is held by its fetch.
    let asked = SystemTime().monotonic
    let end = try log.askHighWatermarks(of: [partition], until: asked + .seconds(40))
    #expect(end == [1])
    #expect(SystemTime().monotonic - asked < .seconds(25))
    log.close(until: SystemTime().monotonic)
  }

  @Test("without transactions a producer that couldn't be made anew at once is made by the next record")
  func producerLater() throws {
    let bench = try EvaluatorBench(TestCluster.open(.mock))
    var log = try bench.kafkaLog(.steps)
    log.steps = Steps()
    try log.begin()
    try Array("key".utf8).withUnsafeBytes { try log.produce(to: .alerts, key: $0, value: $0) }
    #expect(try log.flush(until: SystemTime().monotonic + .seconds(30)))
    #expect(try bench.alerts().next().key == "key")
    log.close(until: SystemTime().monotonic, forGood: false)
  }
}
