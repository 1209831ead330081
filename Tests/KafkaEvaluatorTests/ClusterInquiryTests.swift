import Evaluator
import Kafka
import Platform
import Streams
import TestSupport
import Testing

@testable import KafkaEvaluator

/// The questions about the cluster and its groups, put to real brokers.
@Suite("What brokers say of the cluster and its groups", .waits)
struct ClusterInquiryTests {
  /// Writes one record in a transaction, which is committed, aborted, or (nil) left open.
  private func write(
    _ value: String, to topic: String, with producer: inout TransactionalProducer, _ wakeup: Wakeup, commits: Bool?
  ) throws {
    try producer.begin()
    _ = try Array(value.utf8).withUnsafeBytes { try producer.produce(topic: topic, key: nil, value: $0) }
    if commits == true { return try producer.commit(within: .seconds(30)) }
    try producer.serveUntilAcknowledged(wakeup)
    if commits == false { try producer.abort(within: .seconds(30)) }
  }

  /// What comes first at each of these offsets, or after it.
  private func firstRecords(
    of topic: String, _ offsets: [Int64], _ inquiry: inout ClusterInquiry
  ) -> [GroupAnswer.FirstRecord?] {
    let questions = offsets.map { GroupMeter.Question(partition: StreamPartition(topic, 0), offset: $0) }
    guard case .firstRecords(let found) = inquiry.answer(.firstRecords(questions)) else { return [] }
    return questions.map { found[$0] }
  }

  @Test("behind a position there are records, or only markers and what transactions hide", .needsKafka)
  func firstRecords() throws {
    let cluster = try TestCluster.open(.newest)
    let topic = try cluster.createTopic()
    let writer = try TopicWriter(on: cluster.brokers)
    try writer.write("0", to: topic)
    try writer.flush()
    var options = TransactionalProducer.Options(id: uniqueName("writer"))
    options.timeout = .seconds(60)
    let wakeup = try Wakeup()
    var producer = try TransactionalProducer(
      Configuration(brokers: cluster.brokers), options: options, log: silent, wakeup: wakeup)
    try producer.initialize(within: .seconds(30))
    // A record at 1 and a marker at 2; an aborted record at 3 and a marker at 4.
    try write("1", to: topic, with: &producer, wakeup, commits: true)
    try write("3", to: topic, with: &producer, wakeup, commits: false)
    var inquiry = ClusterInquiry(Configuration(brokers: cluster.brokers), silent, try Wakeup())
    let first = firstRecords(of: topic, [0, 1, 2, 3, 5], &inquiry)
    try #require(first.count == 5)
    for index in 0..<2 {
      guard case .record(let time)? = first[index] else {
        Issue.record("\(first)")
        return
      }
      #expect((time - SystemTime().wall.milliseconds).magnitude < 600_000)
    }
    #expect(first.suffix(3) == [.nothing(before: 5), .nothing(before: 5), .nothing(before: 5)])
    // An open transaction's record at 5, and one at 6 that it hides.
    try write("5", to: topic, with: &producer, wakeup, commits: nil)
    try writer.write("6", to: topic)
    try writer.flush()
    #expect(firstRecords(of: topic, [2, 5], &inquiry) == [.nothing(before: 5), .nothing(before: 5)])
    guard case .overview = inquiry.answer(.overview(withGroups: false)) else {
      Issue.record("no overview")
      return
    }
    // A position of a group, and one of a topic that isn't there.
    let group = uniqueName("group")
    try commit([PartitionOffset(TopicPartition(topic, 0), 2)], of: group, on: cluster.brokers)
    guard case .positions(let positions) = inquiry.answer(.positions(of: [group, "nobody"])) else {
      Issue.record("no positions")
      return
    }
    #expect(
      positions == [
        group: [
          .init(StreamPartition(topic, 0), committed: 2, logStart: 0, highWatermark: 7, lastStable: 5)
        ], "nobody": [],
      ])
    try producer.abort(within: .seconds(30))
    producer.close(by: soon())
    inquiry.close(by: soon())
  }

  @Test("nobody waits for brokers that aren't there: not for an answer, and not at the end")
  func silence() throws {
    let wakeup = try Wakeup()
    let inquirer = try ClusterInquirer(
      Configuration(brokers: "127.0.0.1:1"), logger: silent, wakeup: wakeup)
    let begin = SystemTime().monotonic
    inquirer.ask(.overview(withGroups: true))
    #expect(inquirer.takeAnswer() == nil)
    #expect(SystemTime().monotonic - begin < .seconds(2))
    let deadline = soon()
    var answer: ClusterAnswer?
    while answer == nil {
      wakeup.wait(until: deadline)
      answer = inquirer.takeAnswer()
      try keepWaiting(until: deadline)
    }
    guard case .none? = answer else {
      Issue.record("\(String(describing: answer))")
      return
    }
    #expect(inquirer.takeAnswer() == nil)
    inquirer.ask(.overview(withGroups: true))
    let end = SystemTime().monotonic
    inquirer.end(by: end)
    #expect(SystemTime().monotonic - end < .seconds(2))
  }
}
