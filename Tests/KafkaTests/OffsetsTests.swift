import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite(.waits) struct OffsetsTests {
  @Test("the offset for a time is that of the first record with this time or later", .needsKafka)
  func times() throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic(configuration: [("message.timestamp.type", "CreateTime")])
    var producer = try Producer(Configuration(brokers: cluster.brokers), log: silent)
    let base = SystemTime().wall.milliseconds - 3_600_000
    for number in 0..<10 {
      let answer = try bytes("x") {
        try producer.produce(
          topic: topic, partition: 0, key: nil, value: $0,
          timestamp: WallTime(milliseconds: base + Int64(number) * 1000))
      }
      #expect(answer == .accepted)
    }
    let left = producer.close(by: soon())
    #expect(left == 0)
    let consumer = try Consumer(Configuration(brokers: cluster.brokers), log: silent, wakeup: Wakeup())
    let partition = TopicPartition(topic, 0)
    for (time, offset) in [(base - 5000, 0), (base + 2500, 3), (base + 9000, 9)] as [(Int64, Offset)] {
      let found = try consumer.offsets(for: WallTime(milliseconds: time), in: [partition], within: .seconds(10))
      #expect(found == [PartitionOffset(partition, offset)])
    }
    let late = try consumer.offsets(for: WallTime(milliseconds: base + 9001), in: [partition], within: .seconds(10))
    #expect(late == [PartitionOffset(partition, .end)])
    // A record that comes before the first fetch must not be left out: so this end is a number.
    for (time, offset) in [(base + 2500, 3), (base + 9001, 10)] as [(Int64, Offset)] {
      let start = try consumer.starts(at: WallTime(milliseconds: time), in: [partition], within: .seconds(10))
      #expect(start == [PartitionOffset(partition, offset)])
    }
    let watermarks = try consumer.queryWatermarks(of: partition, within: .seconds(10))
    #expect(watermarks == Watermarks(low: 0, high: 10))
    let other = try cluster.createTopic(partitions: 2)
    try fill(cluster.brokers, topic: other, partition: 0, ["a"])
    try fill(cluster.brokers, topic: other, partition: 1, ["a", "b"])
    let ends = try consumer.queryEnds(
      of: [TopicPartition(other, 1), partition, TopicPartition(other, 0)], within: .seconds(10))
    #expect(ends == [2, 10, 1])
    let none = try consumer.offsets(for: WallTime(milliseconds: 0), in: [], within: .seconds(1))
    #expect(none.isEmpty)
    let error = #expect(throws: KafkaError.self) {
      try consumer.queryWatermarks(of: TopicPartition(uniqueName("missing"), 0), within: .seconds(5))
    }
    #expect(error != nil)
  }

  @Test("each record of a LogAppendTime topic says that the time is the broker's", .needsKafka)
  func appendTime() throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic(configuration: [("message.timestamp.type", "LogAppendTime")])
    var producer = try Producer(Configuration(brokers: cluster.brokers), log: silent)
    let before = SystemTime().wall.milliseconds
    _ = try bytes("x") {
      try producer.produce(topic: topic, key: nil, value: $0, timestamp: WallTime(milliseconds: 1000))
    }
    _ = producer.close(by: soon())
    let wakeup = try Wakeup()
    var consumer = try Consumer(Configuration(brokers: cluster.brokers), log: silent, wakeup: wakeup)
    try consumer.assign([PartitionOffset(TopicPartition(topic, 0), .beginning)])
    while true {
      let batch = consumer.fetch()
      if batch.isEmpty {
        wakeup.wait(until: soon())
        continue
      }
      #expect(batch[0].timestampKind == .appended)
      #expect(batch[0].timestamp >= before - 1000)
      break
    }
  }

  @Test("without a commit the offset is `.none`; a commit and its note are read back by another member", .needsKafka)
  func commits() throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic(partitions: 2)
    let partitions = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
    let options = Consumer.Options(group: uniqueName("group"))
    let configuration = Configuration(brokers: cluster.brokers)
    var first = try Consumer(configuration, options: options, log: silent, wakeup: Wakeup())
    let before = try first.committed(partitions, within: .seconds(20))
    #expect(before.map(\.offset) == [.none, .none])
    try first.commit([PartitionOffset(partitions[1], 42, note: "who: häst")], within: .seconds(20))
    try first.commit([], within: .seconds(1))
    try first.commitLater([])
    first.close(by: soon())
    let second = try Consumer(configuration, options: options, log: silent, wakeup: Wakeup())
    let after = try second.committed(partitions, within: .seconds(20))
    #expect(after == [PartitionOffset(partitions[0], .none), PartitionOffset(partitions[1], 42, note: "who: häst")])
  }

  @Test("watermarks are unknown before a fetch, and requests end at their time-out")
  func unknown() throws {
    let consumer = try Consumer(
      Configuration(brokers: "127.0.0.1:1"), options: .init(group: "g"), log: silent, wakeup: Wakeup())
    let partition = TopicPartition("t", 0)
    let watermarks = consumer.watermarks(of: partition)
    #expect(watermarks == nil)
    #expect(throws: KafkaError.self) { try consumer.committed([partition], within: .milliseconds(100)) }
    #expect(throws: KafkaError.self) { try consumer.queryWatermarks(of: partition, within: .milliseconds(100)) }
    #expect(throws: KafkaError.self) {
      try consumer.offsets(for: WallTime(milliseconds: 5), in: [partition], within: .milliseconds(100))
    }
  }
}
