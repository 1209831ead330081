import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite(.waits) struct ProducerTests {
  @Test("each record is delivered, with its token, partition and offset")
  func deliveries() throws {
    let cluster = try cluster(partitions: 2)
    let wakeup = try Wakeup()
    var producer = try Producer(Configuration(brokers: cluster.brokers), log: silent, wakeup: wakeup)
    for number in 0..<100 {
      try producer.send("t", partition: Int32(number % 2), value: "\(number)", token: UInt(number))
    }
    #expect(producer.outstanding == 100)
    var offsets: [UInt: Int64] = [:]
    while producer.outstanding > 0 {
      // The client's log lines from its creation ring, too.
      let isRung = wakeup.wait(until: soon())
      try #require(isRung)
      producer.serve { delivery in
        #expect(delivery.error == nil)
        #expect(delivery.partition == Int32(delivery.token % 2))
        offsets[delivery.token] = delivery.offset
      }
    }
    #expect(offsets.count == 100)
    #expect((0..<100).allSatisfy { offsets[UInt($0)] == Int64($0 / 2) })
    let left = producer.close(by: soon())
    #expect(left == 0)
  }

  @Test("a full queue accepts no record and loses none")
  func fullQueue() throws {
    let cluster = try cluster()
    var options = Producer.Options()
    options.queueRecords = 10
    let wakeup = try Wakeup()
    var producer = try Producer(
      Configuration(brokers: cluster.brokers), options: options, log: silent, wakeup: wakeup)
    var full = 0
    var delivered: [UInt] = []
    for token in 0..<UInt(200) {
      while try bytes("x", { try producer.produce(topic: "t", key: nil, value: $0, token: token) }) == .queueFull {
        full += 1
        wakeup.wait(until: soon())
        producer.serve { delivered.append($0.token) }
      }
    }
    let left = producer.flush(by: soon()) { delivered.append($0.token) }
    #expect(left == 0)
    #expect(full > 0)
    #expect(delivered == Array(0..<200))
  }

  @Test("a record that is too large is refused with its error")
  func tooLarge() throws {
    let cluster = try cluster()
    var producer = try Producer(Configuration(brokers: cluster.brokers), log: silent)
    let error = try #require(throws: KafkaError.self) {
      try producer.send("t", value: String(repeating: "x", count: 2_000_000))
    }
    #expect(error.code == .messageTooLarge)
    #expect(producer.outstanding == 0)
  }

  @Test("an invalid topic is refused by name")
  func impossibleTopic() throws {
    var producer = try Producer(Configuration(brokers: "127.0.0.1:1"), log: silent)
    let name = String(repeating: "n", count: 600)
    let error = try #require(throws: KafkaError.self) { try producer.send(name, value: "x") }
    #expect(error.message.contains(name))
  }

  @Test("records wait while the broker is away, and are delivered in order once it is back")
  func brokerAway() throws {
    let cluster = try cluster()
    var producer = try Producer(Configuration(brokers: cluster.brokers), log: silent)
    try producer.send("t", value: "0", token: 0)
    let waiting = producer.flush(by: soon())
    #expect(waiting == 0)
    cluster.stopBroker(1)
    for token in 1..<UInt(50) { try producer.send("t", value: "\(token)", token: token) }
    #expect(producer.flush(by: soon(.milliseconds(200))) == 49)
    cluster.startBroker(1)
    var order: [UInt] = []
    let left = producer.flush(by: soon()) { order.append($0.token) }
    #expect(left == 0)
    #expect(order == Array(1..<50))
  }

  @Test("closing ends in time while no broker answers, with the number of undelivered records")
  func boundedClose() throws {
    var producer = try Producer(Configuration(brokers: "127.0.0.1:1"), log: silent)
    for _ in 0..<7 { try producer.send("t", value: "x") }
    let start = SystemTime().monotonic
    let left = producer.close(by: start + .milliseconds(300))
    #expect(left == 7)
    #expect(SystemTime().monotonic - start < .seconds(2))
  }

  @Test("keys go to the same partitions as with Java's partitioner")
  func murmur2() throws {
    // kafka-clients: Utils.toPositive(Utils.murmur2(key)) % 7.
    let cluster = try cluster(partitions: 7)
    var producer = try Producer(Configuration(brokers: cluster.brokers), log: silent)
    for (token, key) in [
      "21", "foobar", "a-little-bit-long-string", "a-little-bit-longer-string",
      "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", "abc",
    ].enumerated() {
      try producer.send("t", key: key, value: "x", token: UInt(token))
    }
    var partitions: [UInt: Int32] = [:]
    let left = producer.flush(by: soon()) { partitions[$0.token] = $0.partition }
    #expect(left == 0)
    let hashes: [Int32] = [-973_932_308, -790_332_482, -985_981_536, -1_486_304_829, -58_897_971, 479_470_107]
    #expect((0..<6).map { partitions[UInt($0)] } == hashes.map { ($0 & 0x7fff_ffff) % 7 })
  }

  @Test("a tombstone is null, an empty value is not")
  func tombstones() throws {
    let cluster = try cluster()
    try fill(cluster.brokers, [nil, "", "x"])
    let wakeup = try Wakeup()
    var consumer = try Consumer(Configuration(brokers: cluster.brokers), log: silent, wakeup: wakeup)
    try consumer.assign([PartitionOffset(TopicPartition("t", 0), .beginning)])
    #expect(try consumer.read { $0.count == 3 }.map(\.value) == [nil, "", "x"])
  }
}
