import Platform
import TestSupport
import Testing

@testable import Kafka

/// A group member, with its partitions and the records that it has read.
private struct Member: ~Copyable {
  var consumer: Consumer
  var seen: [Seen] = []
  var assignments = 0
  var revocations: [[TopicPartition]] = []
  var lost = false

  init(_ brokers: String, group: String, strategy: Consumer.Strategy, topic: String, wakeup: Wakeup) throws {
    var options = Consumer.Options(group: group)
    options.strategy = strategy
    options.batchSize = 20
    let configuration = Configuration(brokers: brokers, properties: [("fetch.wait.max.ms", "10")])
    var consumer = try Consumer(configuration, options: options, log: silent, wakeup: wakeup)
    try consumer.subscribe(to: [topic])
    self.consumer = consumer
  }

  /// Takes events and one batch. Commits its offsets before it gives a partition back.
  mutating func step() throws {
    while let event = consumer.nextEvent() {
      switch event {
      case .assigned(let partitions):
        assignments += 1
        let committed = try consumer.committed(partitions, within: .seconds(10))
        try consumer.take(committed.map { $0.offset == .none ? PartitionOffset($0.partition, .beginning) : $0 })
      case .revoked(let partitions, let lost):
        revocations.append(partitions)
        self.lost = self.lost || lost
        try consumer.commit(positions(of: partitions), within: .seconds(10))
        try consumer.giveBack()
      default: break
      }
    }
    let batch = consumer.fetch()
    for index in batch.indices where batch[index].kind == .record {
      let message = batch[index]
      let partition = consumer.partition(at: message.partitionIndex)?.partition ?? -1
      seen.append(Seen(partition: partition, offset: message.offset, key: text(message.key), value: nil))
    }
  }

  /// Whether the group was left properly.
  consuming func leave() -> Bool { consumer.close(by: soon()) }

  func positions(of partitions: [TopicPartition]) -> [PartitionOffset] {
    partitions.compactMap { partition in
      consumer.position(of: partition).map { PartitionOffset(partition, Offset($0)) }
    }
  }
}

@Suite(.waits) struct GroupTests {
  @Test(
    "a member without time to leave is destroyed, whether its last rebalance was answered or not",
    arguments: [true, false])
  func endsWithoutTime(answers: Bool) throws {
    let cluster = try cluster()
    weak var released: Wakeup?
    try leaveAtOnce(cluster, answers: answers, &released)
    // The client keeps its wake-up until librdkafka's threads have ended.
    try lookUntil { released == nil }
  }

  /// Joins a group, answers the assignment if `answers`, and closes the member with a deadline that has passed.
  private func leaveAtOnce(_ cluster: MockCluster, answers: Bool, _ released: inout Wakeup?) throws {
    let wakeup = try Wakeup()
    released = wakeup
    var consumer = try Consumer(
      configuration(cluster), options: Consumer.Options(group: "group"), log: silent, wakeup: wakeup)
    try consumer.subscribe(to: ["t"])
    let deadline = soon()
    var given: [TopicPartition] = []
    while given.isEmpty {
      try keepWaiting(until: deadline)
      wakeup.wait(until: deadline)
      if case .assigned(let partitions) = consumer.nextEvent() { given = partitions }
    }
    if answers { try consumer.take(given.map { PartitionOffset($0, .beginning) }) }
    consumer.close(by: SystemTime().monotonic)
  }

  @Test(
    "two members share the partitions, no record is lost or repeated, and the remaining member gets all back",
    .needsKafka, arguments: [Consumer.Strategy.cooperativeSticky, .range])
  func sharing(strategy: Consumer.Strategy) throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic(partitions: 4)
    let group = uniqueName("group")
    let wakeup = try Wakeup()
    var producer = try Producer(Configuration(brokers: cluster.brokers), log: silent)
    var sent = 0
    func send(_ count: Int) throws {
      for _ in 0..<count {
        try producer.send(topic, partition: Int32(sent % 4), value: "x")
        sent += 1
      }
      producer.serve()
    }

    var first = try Member(cluster.brokers, group: group, strategy: strategy, topic: topic, wakeup: wakeup)
    try send(1000)
    let limit = soon(.seconds(120))
    while first.consumer.held.count < 4 || first.seen.count < 500 {
      try keepWaiting(until: limit)
      try first.step()
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(20))
    }
    var second = try Member(cluster.brokers, group: group, strategy: strategy, topic: topic, wakeup: wakeup)
    while second.consumer.held.count < 2 || first.consumer.held.count > 2 {
      try keepWaiting(until: limit)
      try send(20)
      try first.step()
      try second.step()
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(5))
    }
    #expect(Set(first.consumer.held).isDisjoint(with: second.consumer.held))
    #expect(first.revocations.last?.count == (strategy == .range ? 4 : 2))
    try send(1000)
    let left = producer.flush(by: soon())
    #expect(left == 0)
    while first.seen.count + second.seen.count < sent {
      try keepWaiting(until: limit)
      try first.step()
      try second.step()
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(5))
    }

    let moved = second.consumer.held
    let positions = second.positions(of: moved)
    try second.consumer.commit(positions, within: .seconds(10))
    let secondSeen = second.seen
    let didLeave = second.leave()
    #expect(didLeave)
    while first.consumer.held.count < 4 {
      try keepWaiting(until: limit)
      try first.step()
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(20))
    }
    let places = (first.seen + secondSeen).map { "\($0.partition)@\($0.offset)" }
    #expect(places.count == sent)
    #expect(Set(places).count == sent)
    let wasLost = first.lost
    #expect(!wasLost)
    try first.consumer.commit(first.positions(of: first.consumer.held), within: .seconds(10))
    let isLeft = first.leave()
    #expect(isLeft)
  }

  @Test("an answer without a rebalance is refused, and an assignment waits for its answer")
  func answers() throws {
    let cluster = try cluster()
    let wakeup = try Wakeup()
    var consumer = try Consumer(configuration(cluster), options: .init(group: "g"), log: silent, wakeup: wakeup)
    #expect(throws: KafkaError.self) { try consumer.take([]) }
    #expect(throws: KafkaError.self) { try consumer.giveBack() }
    try fill(cluster.brokers, numbers(3))
    try consumer.subscribe(to: ["t"])
    var assigned: [TopicPartition] = []
    let limit = soon(.seconds(60))
    while assigned.isEmpty {
      try keepWaiting(until: limit)
      if case .assigned(let partitions)? = consumer.nextEvent() {
        assigned = partitions
      } else {
        wakeup.wait(until: soon())
      }
    }
    var isAsked = consumer.awaitsAnswer
    #expect(isAsked)
    let early = consumer.fetch().count
    #expect(early == 0)
    try consumer.take([PartitionOffset(assigned[0], 1)])
    isAsked = consumer.awaitsAnswer
    #expect(!isAsked)
    let seen = try consumer.read { $0.count == 2 }
    #expect(seen.map(\.offset) == [1, 2])

    try consumer.commitLater([PartitionOffset(assigned[0], 3)])
    var committed: [PartitionOffset]?
    _ = try consumer.read(events: { if case .committed(let offsets, nil) = $0 { committed = offsets } }) { _ in
      committed != nil
    }
    #expect(committed == [PartitionOffset(assigned[0], 3)])
    let stored = try consumer.committed(assigned, within: .seconds(10))
    #expect(stored == committed)
    try consumer.unsubscribe()
    var revoked: [TopicPartition]?
    _ = try consumer.read(events: { if case .revoked(let partitions, false) = $0 { revoked = partitions } }) { _ in
      revoked != nil
    }
    #expect(revoked == assigned)
    let isLeft = consumer.close(by: soon())
    #expect(isLeft)
  }

  @Test("a member that is silent for too long is told that its partitions are lost; its commit is refused", .needsKafka)
  func lostPartitions() throws {
    let cluster = try TestCluster.open(.kafka43)
    let topic = try cluster.createTopic()
    let wakeup = try Wakeup()
    var options = Consumer.Options(group: uniqueName("group"))
    options.sessionTimeout = .seconds(6)
    options.pollInterval = .seconds(6)
    var consumer = try Consumer(
      Configuration(brokers: cluster.brokers), options: options, log: silent, wakeup: wakeup)
    try consumer.subscribe(to: [topic])
    var assigned: [TopicPartition] = []
    _ = try consumer.read(events: { if case .assigned(let partitions) = $0 { assigned = partitions } }) { _ in
      !assigned.isEmpty
    }
    // Doesn't poll: the broker's clock decides, and librdkafka rings after that.
    wakeup.drain()
    var lost: Bool?
    var refusal: KafkaError?
    let limit = soon(.seconds(60))
    while lost == nil {
      try keepWaiting(until: limit)
      wakeup.wait(until: soon())
      while let event = consumer.nextEvent() {
        if case .revoked(let partitions, let isLost) = event {
          lost = isLost
          do { try consumer.commit(partitions.map { PartitionOffset($0, 0) }, within: .seconds(10)) } catch {
            refusal = error
          }
          try consumer.giveBack()
        }
      }
    }
    #expect(lost == true)
    #expect(refusal != nil)
    consumer.close(by: soon())
  }

  @Test("leaving ends in time while the broker is silent", .needsKafka)
  func boundedLeave() throws {
    let cluster = try TestCluster.own()
    let topic = try cluster.createTopic()
    let wakeup = try Wakeup()
    var consumer = try Consumer(
      Configuration(brokers: cluster.brokers), options: .init(group: "g"), log: silent, wakeup: wakeup)
    try consumer.subscribe(to: [topic])
    var isAssigned = false
    _ = try consumer.read(events: { if case .assigned = $0 { isAssigned = true } }) { _ in isAssigned }
    try cluster.broker?.pause()
    let error = #expect(throws: KafkaError.self) {
      try consumer.commit([PartitionOffset(TopicPartition(topic, 0), 0)], within: .milliseconds(300))
    }
    #expect(error?.code == .timedOut)
    #expect(error?.remedy == .retry)
    #expect(throws: KafkaError.self) {
      try consumer.queryWatermarks(of: TopicPartition(topic, 0), within: .milliseconds(300))
    }
    let start = SystemTime().monotonic
    _ = consumer.close(by: start + .seconds(1))
    #expect(SystemTime().monotonic - start < .seconds(3))
    try cluster.broker?.resume()
  }

  /// A member that has joined its group but never gets an assignment, because each SyncGroup meets another rebalance.
  private func joined(_ cluster: MockCluster) throws -> Consumer {
    cluster.fail(.syncGroup, with: Array(repeating: .rebalanceInProgress, count: 1000))
    let wakeup = try Wakeup()
    let log = CapturedLog()
    var configuration = configuration(cluster)
    configuration.properties.append(("debug", "cgrp"))
    var consumer = try Consumer(
      configuration, options: .init(group: "g"), log: Logger(level: .debug, output: log), wakeup: wakeup)
    try consumer.subscribe(to: ["t"])
    let deadline = soon()
    func asksWhatItIsGiven() -> Bool { log.lines.contains { "\($0.metadata.facts)".contains("-> wait-sync") } }
    while true {
      while let event = consumer.nextEvent() { Issue.record("\(event)") }
      if asksWhatItIsGiven() || SystemTime().monotonic >= deadline { break }
      wakeup.wait(until: deadline)
    }
    #expect(asksWhatItIsGiven())
    return consumer
  }

  @Test("a member that has joined but never got an assignment leaves without a crash")
  func leaveBeforeTheFirstAssignment() throws {
    let cluster = try cluster()
    let consumer = try joined(cluster)
    let isLeft = consumer.close(by: soon())
    #expect(isLeft)
  }

  @Test("a member that finds no broker closes in time")
  func leaveBeforeJoining() throws {
    for _ in 0..<3 {
      var consumer = try Consumer(
        Configuration(brokers: "127.0.0.1:1"), options: .init(group: "g"), log: silent, wakeup: Wakeup())
      try consumer.subscribe(to: ["t"])
      let began = SystemTime().monotonic
      consumer.close(by: began + .seconds(5))
      #expect(SystemTime().monotonic - began < .seconds(8))
    }
  }

  @Test("a member that has joined but never got an assignment can be dropped without a crash")
  func dropBeforeTheFirstAssignment() throws {
    let cluster = try cluster()
    let began = SystemTime().monotonic
    let generation: Int32?
    do { generation = try joined(cluster).groupMetadata().generation }
    // The member is gone by now, and dropping it took no extra time.
    #expect(generation != nil)
    #expect(SystemTime().monotonic - began < .seconds(30))
  }
}
