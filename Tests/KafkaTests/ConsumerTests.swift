import Platform
import TestSupport
import Testing

@testable import Kafka

private let t0 = TopicPartition("t", 0)
private let t1 = TopicPartition("t", 1)

@Suite(.waits) struct ConsumerTests {
  private func consumer(_ cluster: MockCluster, _ change: (inout Consumer.Options) -> Void = { _ in }) throws
    -> Consumer
  {
    var options = Consumer.Options()
    change(&options)
    return try Consumer(configuration(cluster), options: options, log: silent, wakeup: Wakeup())
  }

  @Test("records come in order, each once, and the end of the partition is an entry")
  func order() throws {
    let cluster = try cluster()
    try fill(cluster.brokers, numbers(500))
    var consumer = try consumer(cluster) { $0.batchSize = 64 }
    try consumer.assign([PartitionOffset(t0, .beginning)])
    var values: [String?] = []
    var end: Int64?
    let limit = soon(.seconds(60))
    while end == nil {
      try keepWaiting(until: limit)
      let batch = consumer.fetch()
      #expect(batch.count <= 64)
      for index in batch.indices {
        let message = batch[index]
        switch message.kind {
        case .record:
          #expect(message.offset == Int64(values.count))
          #expect(message.timestampKind == .created)
          #expect(message.timestamp > 1_500_000_000_000)
          values.append(text(message.value))
        case .endOfPartition: end = message.offset
        case .error: Issue.record("\(String(describing: batch.error(at: index)))")
        }
      }
      if batch.isEmpty { consumer.wakeup.wait(until: soon()) }
    }
    #expect(values == (0..<500).map { "\($0)" })
    #expect(end == 500)
    let reached = consumer.position(of: t0)
    #expect(reached == 500)
    let watermarks = consumer.watermarks(of: t0)
    #expect(watermarks == Watermarks(low: 0, high: 500))
    let isLeft = consumer.close(by: soon())
    #expect(isLeft)
  }

  @Test("the wake-up alone signals a new record at once")
  func wakeup() throws {
    let cluster = try cluster()
    var consumer = try consumer(cluster)
    var producer = try Producer(configuration(cluster), log: silent)
    try consumer.assign([PartitionOffset(t0, .beginning)])
    for round in 0..<50 {
      try producer.send("t", partition: 0, value: "\(round)")
      let seen = try consumer.read { $0.count == 1 }
      #expect(seen == [Seen(partition: 0, offset: Int64(round), key: nil, value: "\(round)")])
    }
  }

  @Test("a seek continues exactly at its offset, even among records already fetched")
  func seek() throws {
    let cluster = try cluster(partitions: 2)
    for partition in 0..<Int32(2) { try fill(cluster.brokers, partition: partition, numbers(2000)) }
    var consumer = try consumer(cluster) { $0.batchSize = 37 }
    try consumer.assign([PartitionOffset(t0, .beginning), PartitionOffset(t1, .beginning)])
    _ = try consumer.read { seen in seen.count >= 500 && Set(seen.map(\.partition)).count == 2 }
    for target in [Int64(100), 1500, 3, 1999, 0] {
      try consumer.seek([PartitionOffset(t0, Offset(target))])
      let reached = consumer.position(of: t0)
      #expect(reached == target)
      let seen = try consumer.read { $0.contains { $0.partition == 0 } }
      #expect(seen.first { $0.partition == 0 }?.offset == target)
    }
    // No record of the other partition was lost or duplicated meanwhile.
    let position = consumer.position(of: t1)
    let before = try #require(position)
    try consumer.seek([PartitionOffset(t0, 1999)])
    let rest = before == 2000 ? [] : try consumer.read { $0.last { $0.partition == 1 }?.offset == 1999 }
    #expect(rest.filter { $0.partition == 1 }.map(\.offset) == Array(before..<2000))
  }

  @Test("a second assignment rewinds, and reading continues")
  func reassign() throws {
    let cluster = try cluster(partitions: 2)
    for partition in 0..<Int32(2) { try fill(cluster.brokers, partition: partition, numbers(300)) }
    var consumer = try consumer(cluster) { $0.batchSize = 50 }
    for round in 0..<20 {
      let start = Int64(round * 10)
      try consumer.assign([PartitionOffset(t0, Offset(start)), PartitionOffset(t1, Offset(start))])
      let enough = round % 2 == 0 ? 30 : 2 * (300 - Int(start))
      let seen = try consumer.read { $0.count >= enough }
      for partition in [Int32(0), 1] {
        let offsets = seen.filter { $0.partition == partition }.map(\.offset)
        #expect(offsets == Array(start..<(start + Int64(offsets.count))))
      }
    }
  }

  @Test("a second assignment before brokers have told of the topic loses nothing")
  func reassignUnknown() throws {
    let cluster = try cluster(partitions: 2)
    for partition in 0..<Int32(2) { try fill(cluster.brokers, partition: partition, numbers(30)) }
    for _ in 0..<20 {
      var consumer = try consumer(cluster)
      try consumer.assign([PartitionOffset(t0, .beginning)])
      try consumer.assign([PartitionOffset(t0, .beginning), PartitionOffset(t1, .beginning)])
      let seen = try consumer.read { $0.count >= 60 }
      for partition in [Int32(0), 1] {
        #expect(seen.filter { $0.partition == partition }.map(\.offset) == Array(0..<30))
      }
      consumer.close(by: soon())
    }
  }

  @Test("a paused partition delivers nothing, and later continues where it stopped")
  func pause() throws {
    let cluster = try cluster(partitions: 2)
    for partition in 0..<Int32(2) { try fill(cluster.brokers, partition: partition, numbers(1000)) }
    var consumer = try consumer(cluster) { $0.batchSize = 11 }
    try consumer.assign([PartitionOffset(t0, .beginning), PartitionOffset(t1, .beginning)])
    var seen = try consumer.read { $0.contains { $0.partition == 0 } && $0.contains { $0.partition == 1 } }
    try consumer.pause([t0])
    let held = consumer.position(of: t0)
    seen = try consumer.read(seen) { $0.last { $0.partition == 1 }?.offset == 999 }
    let still = consumer.position(of: t0)
    #expect(still == held)
    try consumer.resume([t0])
    seen = try consumer.read(seen) { $0.last { $0.partition == 0 }?.offset == 999 }
    for partition in [Int32(0), 1] {
      #expect(seen.filter { $0.partition == partition }.map(\.offset) == Array(0..<1000))
    }
  }

  @Test("a position outside the log is an error that names the partition")
  func outOfRange() throws {
    let cluster = try cluster()
    try fill(cluster.brokers, ["0"])
    var consumer = try consumer(cluster)
    try consumer.assign([PartitionOffset(t0, 77)])
    var error: KafkaError?
    let limit = soon(.seconds(60))
    while error == nil {
      try keepWaiting(until: limit)
      let batch = consumer.fetch()
      for index in batch.indices where batch[index].kind == .error {
        #expect(consumer.partition(at: batch[index].partitionIndex) == t0)
        error = batch.error(at: index)
      }
      if batch.isEmpty { consumer.wakeup.wait(until: soon()) }
    }
    #expect(error?.code == .autoOffsetReset)
  }

  @Test("a batch that outlives the next fetch keeps its records")
  func batches() throws {
    let cluster = try cluster()
    try fill(cluster.brokers, numbers(20))
    var consumer = try consumer(cluster) { $0.batchSize = 5 }
    try consumer.assign([PartitionOffset(t0, .beginning)])
    var first = consumer.fetch()
    let limit = soon(.seconds(60))
    while first.count < 5 {
      try keepWaiting(until: limit)
      first = consumer.fetch()
      if first.isEmpty { consumer.wakeup.wait(until: soon()) }
    }
    let start = first[0].offset
    let second = consumer.fetch()
    #expect((0..<5).map { text(first[$0].value) } == (0..<5).map { "\(start + Int64($0))" })
    #expect(
      second.indices.allSatisfy { second[$0].kind != .record || text(second[$0].value) == "\(second[$0].offset)" })
    #expect(first.error(at: 0) == nil)
  }

  @Test("reading from the end skips existing records")
  func fromTheEnd() throws {
    let cluster = try cluster()
    try fill(cluster.brokers, numbers(10))
    var consumer = try consumer(cluster) { $0.reset = .end }
    try consumer.assign([PartitionOffset(t0, .end)])
    var end: Int64?
    let limit = soon(.seconds(60))
    while end == nil {
      try keepWaiting(until: limit)
      let batch = consumer.fetch()
      for index in batch.indices where batch[index].kind == .endOfPartition { end = batch[index].offset }
      if batch.isEmpty { consumer.wakeup.wait(until: soon()) }
    }
    #expect(end == 10)
    try fill(cluster.brokers, ["new"])
    let seen = try consumer.read { $0.count == 1 }
    #expect(seen.map(\.value) == ["new"])
    let held = consumer.held
    #expect(held == [t0])
    let (index, nobody) = (consumer.index(of: t0), consumer.partition(at: 99))
    #expect(index == 0)
    #expect(nobody == nil)
  }

  @Test("a seek in a partition that isn't being read is refused")
  func seekNowhere() throws {
    let cluster = try cluster()
    var consumer = try consumer(cluster)
    try consumer.seek([])
    #expect(throws: KafkaError.self) { try consumer.seek([PartitionOffset(t0, 1)]) }
    #expect(throws: KafkaError.self) { try consumer.pause([t1]) }
    #expect(throws: KafkaError.self) { try consumer.resume([t1]) }
    try consumer.assign([])
    let held = consumer.held
    #expect(held.isEmpty)
  }
}
