import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite(.waits) struct TransactionalProducerTests {
  private func send(_ producer: inout TransactionalProducer, _ topic: String, _ value: String) throws {
    while try bytes(value, { try producer.produce(topic: topic, partition: 0, key: $0, value: $0) }) == .queueFull {
      producer.serve()
    }
  }

  /// `#expect` can't take a property of a noncopyable value.
  private func expect(
    _ producer: borrowing TransactionalProducer, isInDoubt expected: Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isInDoubt = producer.isInDoubt
    #expect(isInDoubt == expected, sourceLocation: sourceLocation)
  }

  private func committed(_ brokers: String, _ topic: String, _ count: Int) throws -> [String?] {
    var consumer = try Consumer(Configuration(brokers: brokers), log: silent, wakeup: Wakeup())
    try consumer.assign([PartitionOffset(TopicPartition(topic, 0), .beginning)])
    return try consumer.read { $0.count >= count }.map(\.value)
  }

  @Test("committed records are seen, aborted ones aren't, and offsets follow the transaction", .needsKafka)
  func commitAndAbort() throws {
    let cluster = try TestCluster.open(.kafka43)
    let configuration = Configuration(brokers: cluster.brokers)
    let input = try cluster.createTopic()
    let output = try cluster.createTopic()
    try fill(cluster.brokers, topic: input, numbers(3))
    let partition = TopicPartition(input, 0)
    let wakeup = try Wakeup()
    var consumer = try Consumer(
      configuration, options: .init(group: uniqueName("group")), log: silent, wakeup: wakeup)
    try consumer.subscribe(to: [input])
    _ = try consumer.read { $0.count == 3 }

    var producer = try TransactionalProducer(configuration, options: .init(id: uniqueName("id")), log: silent)
    try producer.initialize(within: .seconds(30))
    for round in 0..<3 {
      try producer.begin()
      try send(&producer, output, "aborted-\(round)")
      try producer.sendOffsets([PartitionOffset(partition, 99)], of: consumer.groupMetadata(), within: .seconds(10))
      try producer.abort(within: .seconds(10))
      try producer.begin()
      for number in 0..<100 { try send(&producer, output, "\(round)-\(number)") }
      try producer.sendOffsets(
        [PartitionOffset(partition, Offset(Int64(round)), note: "round \(round)")], of: consumer.groupMetadata(),
        within: .seconds(10))
      try producer.commit(within: .seconds(10))
    }
    let values = try committed(cluster.brokers, output, 300)
    #expect(values == (0..<300).map { "\($0 / 100)-\($0 % 100)" })
    let stored = try consumer.committed([partition], within: .seconds(10))
    #expect(stored == [PartitionOffset(partition, 2, note: "round 2")])
    producer.close(by: soon())
    consumer.close(by: soon())
  }

  @Test("committed offsets that an open transaction may change are returned only after its end", .needsKafka)
  func pendingOffsets() throws {
    let cluster = try TestCluster.open(.kafka43)
    let configuration = Configuration(brokers: cluster.brokers)
    let partition = TopicPartition(try cluster.createTopic(), 0)
    let group = uniqueName("group")
    let consumer = try Consumer(configuration, options: .init(group: group), log: silent, wakeup: Wakeup())
    var options = Consumer.Options(group: group)
    options.readsCommitted = false
    let other = try Consumer(configuration, options: options, log: silent, wakeup: Wakeup())
    // The first such request waits until the broker has created its offsets topic.
    let none = try other.committed([partition], within: .seconds(30))
    #expect(none == [PartitionOffset(partition, .none)])

    var producer = try TransactionalProducer(configuration, options: .init(id: uniqueName("id")), log: silent)
    try producer.initialize(within: .seconds(30))
    try producer.begin()
    try producer.sendOffsets(
      [PartitionOffset(partition, 7)], of: try consumer.groupMetadata(), within: .seconds(10))
    #expect(throws: KafkaError.self) { try consumer.committed([partition], within: .seconds(1)) }
    let before = try other.committed([partition], within: .seconds(30))
    #expect(before == [PartitionOffset(partition, .none)])
    try producer.commit(within: .seconds(10))
    let after = try consumer.committed([partition], within: .seconds(30))
    #expect(after == [PartitionOffset(partition, 7)])
    producer.close(by: soon())
    consumer.close(by: soon())
    other.close(by: soon())
  }

  @Test("without a group coordinator the call with the offsets ends nevertheless, and the producer fails")
  func noCoordinator() throws {
    let mock = try MockCluster()
    let configuration = Configuration(brokers: mock.brokers)
    let options = TransactionalProducer.Options(id: uniqueName("id"))
    let consumer = try Consumer(
      configuration, options: .init(group: uniqueName("group")), log: silent, wakeup: Wakeup())
    let offsets = [PartitionOffset(TopicPartition("t", 0), 7)]
    var producer = try TransactionalProducer(configuration, options: options, log: silent)
    try producer.initialize(within: .seconds(30))
    try producer.begin()
    // librdkafka asks three times, then waits until a connection changes.
    mock.fail(.findCoordinator, with: Array(repeating: .coordinatorNotAvailable, count: 1000))
    let began = SystemTime().monotonic
    let error = try #require(throws: KafkaError.self) {
      try producer.sendOffsets(offsets, of: try consumer.groupMetadata(), within: .milliseconds(100))
    }
    #expect(SystemTime().monotonic - began < .seconds(10))
    #expect(error.remedy == .recreateClient)
    expect(producer, isInDoubt: true)
    let fatal = producer.fatalError
    #expect(fatal == error)
    #expect(throws: KafkaError.self) { try producer.begin() }
    producer.close(by: SystemTime().monotonic)

    mock.fail(.findCoordinator, with: [])
    var next = try TransactionalProducer(configuration, options: options, log: silent)
    try next.initialize(within: .seconds(30))
    try next.begin()
    try next.sendOffsets(offsets, of: try consumer.groupMetadata(), within: .seconds(10))
    try next.commit(within: .seconds(10))
    next.close(by: soon())
    consumer.close(by: soon())
  }

  @Test("a producer with the same id fences the former one, whose remedy is a new client", .needsKafka)
  func fencing() throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic()
    let options = TransactionalProducer.Options(id: uniqueName("id"))
    let configuration = Configuration(brokers: cluster.brokers)
    var old = try TransactionalProducer(configuration, options: options, log: silent)
    try old.initialize(within: .seconds(30))
    try old.begin()
    try send(&old, topic, "old")
    var new = try TransactionalProducer(configuration, options: options, log: silent)
    try new.initialize(within: .seconds(30))
    let error = try #require(throws: KafkaError.self) { try old.commit(within: .seconds(10)) }
    #expect(error.remedy == .recreateClient)
    let fatal = old.fatalError
    #expect(fatal?.code == .fenced)
    #expect(throws: KafkaError.self) { try old.begin() }
    try new.begin()
    try send(&new, topic, "new")
    try new.commit(within: .seconds(10))
    let values = try committed(cluster.brokers, topic, 1)
    #expect(values == ["new"])
  }

  @Test("a record that the broker refuses aborts the transaction, and the remedies lead to success", .needsKafka)
  func refusedRecord() throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic(configuration: [("max.message.bytes", "2000")])
    let options = TransactionalProducer.Options(id: uniqueName("id"))
    var producer = try TransactionalProducer(
      Configuration(brokers: cluster.brokers), options: options, log: silent)
    try producer.initialize(within: .seconds(30))
    try producer.begin()
    try send(&producer, topic, String(repeating: "x", count: 5000))
    let error = try #require(throws: KafkaError.self) { try producer.commit(within: .seconds(10)) }
    #expect(error.remedy == .abortTransaction)
    #expect(error.message.contains("too large"))
    try producer.abort(within: .seconds(10))
    // librdkafka 2.0.2 may need one more abort, until its producer epoch has risen.
    var attempts = 0
    while true {
      attempts += 1
      do {
        try producer.begin()
        try send(&producer, topic, "small")
        try producer.commit(within: .seconds(10))
        break
      } catch let error as KafkaError where error.remedy == .abortTransaction && attempts < 5 {
        try producer.abort(within: .seconds(10))
      }
    }
    let values = try committed(cluster.brokers, topic, 1)
    #expect(values == ["small"])
  }

  @Test("a member of an old generation can't add offsets to a transaction", .needsKafka)
  func staleMember() throws {
    let cluster = try TestCluster.open(.kafka43)
    let configuration = Configuration(brokers: cluster.brokers)
    let topic = try cluster.createTopic()
    let wakeup = try Wakeup()
    var consumer = try Consumer(
      configuration, options: .init(group: uniqueName("group")), log: silent, wakeup: wakeup)
    try consumer.subscribe(to: [topic])
    var isAssigned = false
    _ = try consumer.read(events: { if case .assigned = $0 { isAssigned = true } }) { _ in isAssigned }
    let metadata = try consumer.groupMetadata()
    let hasLost = consumer.hasLostAssignment
    #expect(!hasLost)
    consumer.close(by: soon())
    var producer = try TransactionalProducer(configuration, options: .init(id: uniqueName("id")), log: silent)
    try producer.initialize(within: .seconds(30))
    try producer.begin()
    var remedy: KafkaError.Remedy?
    do {
      try producer.sendOffsets([PartitionOffset(TopicPartition(topic, 0), 1)], of: metadata, within: .seconds(10))
    } catch {
      remedy = error.remedy
    }
    #expect(remedy == .abortTransaction)
    try producer.abort(within: .seconds(10))
  }

  @Test("a transaction is in doubt until brokers have answered all its requests")
  func doubt() throws {
    let mock = try MockCluster()
    let topic = uniqueName("topic")
    try mock.createTopic(topic)
    let wakeup = try Wakeup()
    var producer = try TransactionalProducer(
      Configuration(brokers: mock.brokers), options: .init(id: uniqueName("id")), log: silent, wakeup: wakeup)
    try producer.initialize(within: .seconds(30))
    try producer.begin()
    expect(producer, isInDoubt: false)
    try send(&producer, topic, "one")
    expect(producer, isInDoubt: true)
    try producer.commit(within: .seconds(30))
    expect(producer, isInDoubt: false)

    try producer.begin()
    try send(&producer, topic, "two")
    try producer.serveUntilAcknowledged(wakeup)
    expect(producer, isInDoubt: false)
    mock.delayBroker(1, by: .seconds(2))
    var isKnown = true
    do { try producer.commit(within: .milliseconds(200)) } catch { isKnown = error.remedy != .retry }
    #expect(!isKnown)
    expect(producer, isInDoubt: true)
    for call in 0..<2 {
      var remedy: KafkaError.Remedy?
      do {
        if call == 0 { try producer.begin() } else { try producer.abort(within: .milliseconds(1)) }
      } catch {
        remedy = error.remedy
      }
      #expect(remedy == .retry, "nothing else can be asked meanwhile")
    }
    expect(producer, isInDoubt: true)
    mock.delayBroker(1, by: .zero)
    try producer.commit(within: .seconds(30))
    expect(producer, isInDoubt: false)
    try producer.begin()
    try producer.abort(within: .seconds(30))
    producer.close(by: soon())
  }

  @Test("a commit without an answer is in doubt, and ends the producer")
  func unanswered() throws {
    let mock = try MockCluster()
    let topic = uniqueName("topic")
    try mock.createTopic(topic)
    var options = TransactionalProducer.Options(id: uniqueName("id"))
    options.longestCall = .milliseconds(300)
    let wakeup = try Wakeup()
    var producer = try TransactionalProducer(
      Configuration(brokers: mock.brokers), options: options, log: silent, wakeup: wakeup)
    try producer.initialize(within: .seconds(30))
    try producer.begin()
    try send(&producer, topic, "one")
    try producer.serveUntilAcknowledged(wakeup)
    mock.delayBroker(1, by: .seconds(60))
    var remedies: [KafkaError.Remedy] = []
    for limit in [1, 10_000, 10_000] {
      do { try producer.commit(within: .milliseconds(limit)) } catch { remedies.append(error.remedy) }
    }
    do { try producer.begin() } catch { remedies.append(error.remedy) }
    #expect(remedies == [.retry, .recreateClient, .recreateClient, .recreateClient])
    expect(producer, isInDoubt: true)
    let error = producer.fatalError
    #expect(error?.message == "no broker has answered the commit")
    producer.close(by: soon(.seconds(5)))
  }

  /// Makes a call until it has its answer.
  private func untilDone(_ call: () throws(KafkaError) -> Void) throws(KafkaError) {
    let deadline = soon()
    while true {
      do throws(KafkaError) {
        return try call()
      } catch {
        if error.remedy != .retry || SystemTime().monotonic > deadline { throw error }
      }
    }
  }

  @Test("repeating a commit while its answer arrives doesn't affect the next transaction")
  func commitAskedForAgain() throws {
    let mock = try MockCluster()
    let topic = uniqueName("topic")
    try mock.createTopic(topic)
    var producer = try TransactionalProducer(
      Configuration(brokers: mock.brokers), options: .init(id: uniqueName("id")), log: silent)
    try producer.initialize(within: .seconds(30))
    // Under any load some answers arrive about when the next call is made.
    mock.delayBroker(1, by: .milliseconds(3))
    let rounds = 150
    for round in 0..<rounds {
      try producer.begin()
      try send(&producer, topic, "\(round)")
      try untilDone { () throws(KafkaError) in try producer.commit(within: .milliseconds(1)) }
      try producer.begin()
      try send(&producer, topic, "aborted")
      try untilDone { () throws(KafkaError) in try producer.abort(within: .milliseconds(1)) }
    }
    try producer.begin()
    try send(&producer, topic, "end")
    try untilDone { () throws(KafkaError) in try producer.commit(within: .milliseconds(100)) }
    producer.close(by: soon())
    var consumer = try Consumer(Configuration(brokers: mock.brokers), log: silent, wakeup: Wakeup())
    try consumer.assign([PartitionOffset(TopicPartition(topic, 0), .beginning)])
    // The mock shows aborted records, if they were sent before the abort.
    let values = try consumer.read { $0.last?.value == "end" }.compactMap(\.value).filter { $0 != "aborted" }
    #expect(values == (0..<rounds).map { "\($0)" } + ["end"])
  }

  @Test("without a broker `initialize` ends at its time-out with a retriable error")
  func timeouts() throws {
    var producer = try TransactionalProducer(
      Configuration(brokers: "127.0.0.1:1"), options: .init(id: "id"), log: silent)
    let error = try #require(throws: KafkaError.self) { try producer.initialize(within: .milliseconds(200)) }
    #expect(error.remedy == .retry)
    #expect(throws: KafkaError.self) { try producer.begin() }
    producer.close(by: soon())
    let consumer = try Consumer(Configuration(brokers: "127.0.0.1:1"), log: silent, wakeup: Wakeup())
    #expect(throws: KafkaError.self) { _ = try consumer.groupMetadata() }
  }
}
