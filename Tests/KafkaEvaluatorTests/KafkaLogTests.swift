import Kafka
import Platform
import TestSupport
import Testing

@testable import Evaluator
@testable import KafkaEvaluator

/// Counts the records that it receives.
private struct Count: ChangelogReceiver {
  var records = 0

  mutating func receive(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, at offset: Int64) { records += 1 }
}

@Suite("Kafka as a worker's log", .waits) struct KafkaLogTests {
  /// Opens a partition of the changelog and reads it to its end. Returns the number of records.
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
    "opening a changelog reads it from its oldest record, even if it was already open",
    arguments: TestCluster.Kind.main)
  func openAgain(kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind), partitions: 2)
    let writer = try TopicWriter(on: bench.cluster.brokers)
    for number in 0..<3 {
      try writer.write("\(number)", key: "\(number)", to: bench.settings.topics.changelog, partition: 0)
    }
    try writer.flush()
    var log = try bench.kafkaLog(.steps)
    // Reopened as after a delivery with an unknown result, or for another topic's partition with the same number.
    let counts = try [0, 0, 1, 0, 0].map { number in try read(number, of: &log) }
    #expect(counts == [3, 3, 0, 3, 3])
    log.close(until: SystemTime().monotonic, forGood: false)
  }

  /// Counts the partition ends that it receives.
  private struct Ends: LogReceiver {
    var count = 0
    mutating func expect(_ record: LogRecord) {}
    mutating func receive(_ record: LogRecord) {}
    mutating func receiveEnd(of partition: LogPartition, position: Int64) { count += 1 }
  }

  @Test(
    "the high watermark is returned while a fetch waits for records of the partition",
    arguments: TestCluster.Kind.main)
  func endsDuringFetch(kind: TestCluster.Kind) throws {
    let bench = try EvaluatorBench(TestCluster.open(kind))
    let writer = try bench.writer()
    try bench.write(20, with: writer)
    // A fetch that finds nothing waits longer than this test takes.
    var log = try bench.kafkaLog(.steps, properties: [("fetch.wait.max.ms", "50000"), ("socket.timeout.ms", "60000")])
    let deadline = SystemTime().monotonic + .seconds(120)
    try log.join()
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
    // From now on a fetch occupies the consumer's connection.
    let asked = SystemTime().monotonic
    let end = try log.askHighWatermarks(of: [partition], until: asked + .seconds(40))
    #expect(end == [1])
    #expect(SystemTime().monotonic - asked < .seconds(25))
    log.close(until: SystemTime().monotonic, forGood: false)
  }

  /// Delivers `values` as alerts, again as often as the log requires. Returns the number of deliveries.
  private func deliver(_ values: [[UInt8]], with log: inout KafkaLog) throws -> Int {
    let deadline = SystemTime().monotonic + .seconds(60)
    var tries = 0
    while SystemTime().monotonic < deadline {
      do throws(LogFailure) {
        let room = log.room(for: RecordRoom(results: values.map(\.count).max() ?? 0), until: deadline).results
        try log.begin()
        tries += 1
        for value in values where value.count + 1 <= room {
          let result = value.withUnsafeBytes { value in
            Array("k".utf8).withUnsafeBytes { key in
              Result { () throws(LogFailure) in try log.produce(to: .results, key: key, value: value) }
            }
          }
          try result.get()
        }
        while try !log.flush(until: SystemTime().monotonic + .milliseconds(200)), SystemTime().monotonic < deadline {}
        while try !log.commit(until: SystemTime().monotonic + .milliseconds(200)), SystemTime().monotonic < deadline {}
        return tries
      } catch {
        if error.remedy == .deliverAgain {
          while try !log.abort(until: SystemTime().monotonic + .milliseconds(200)) {}
        } else if error.remedy != .retry {
          throw error
        }
      }
    }
    return tries
  }

  @Test(
    "many alerts go in batches that fit the topic, even after its limit fell; one too large alone blocks no other",
    .needsKafka, arguments: [KafkaLog.Mode.transactions, .steps])
  func storm(mode: KafkaLog.Mode) throws {
    let bench = try EvaluatorBench(
      TestCluster.open(.newest), alerts: [("max.message.bytes", "20000")])
    var log = try bench.kafkaLog(mode)
    let deadline = SystemTime().monotonic + .seconds(30)
    while true {
      do throws(LogFailure) {
        try log.takeOver(until: SystemTime().monotonic + .seconds(2))
        break
      } catch {
        if SystemTime().monotonic > deadline { throw error }
      }
    }
    let storm = (0..<200).map { [UInt8](repeating: UInt8($0), count: 500) }
    let large = [UInt8](repeating: 0, count: 30_000)
    // The limit was requested before, so nothing is refused.
    #expect(try deliver(storm + [large], with: &log) == 1)
    #expect(log.sizes.batch == 20_000)
    // The remembered limit is outdated, which the first delivery shows.
    log.sizes.told([bench.settings.topics.alerts: 1_000_000], at: SystemTime().monotonic)
    #expect((2...3).contains(try deliver(storm + [large], with: &log)))
    let seen = try bench.alerts().readToEnd()
    if mode == .transactions { #expect(seen.count == 400) } else { #expect(seen.count >= 400) }
    #expect(Set(seen.compactMap(\.value?.utf8.count)).count >= 1)
    log.close(until: SystemTime().monotonic, forGood: false)
  }

  @Test("without transactions the next record creates a producer that couldn't be replaced at once")
  func producerLater() throws {
    let bench = try EvaluatorBench(TestCluster.open(.mock))
    var log = try bench.kafkaLog(.steps)
    log.steps = Steps()
    try log.begin()
    try Array("key".utf8).withUnsafeBytes { try log.produce(to: .results, key: $0, value: $0) }
    #expect(try log.flush(until: SystemTime().monotonic + .seconds(30)))
    #expect(try bench.alerts().next().key == "key")
    log.close(until: SystemTime().monotonic, forGood: false)
  }
}
