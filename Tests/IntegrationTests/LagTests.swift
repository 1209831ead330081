import Foundation
import Kafka
import Platform
import TestSupport
import Testing

/// A meter that asks a real broker for the groups of a test.
@Suite("statusd on consumer groups", .serialized, .waits)
struct LagTests {
  /// A site whose meter watches groups whose names begin alike.
  private final class Groups {
    let site: Site
    let prefix = uniqueName("lag")
    let writer: TopicWriter
    let readings: TopicReader
    private var members: [String: Subprocess] = [:]

    /// - Parameter cluster: nil for the one that tests share.
    init(_ cluster: TestCluster? = nil) throws {
      site = try Site(cluster ?? TestCluster.open(.newest), makesTopics: true)
      writer = try site.writer()
      readings = try site.readingsReader()
      try site.configure(
        rules: """
          [lag]
          groups = ["^\(prefix)", "\(name("hidden"))"]
          interval = "1s"
          stalled_after = "2s"
          """)
    }

    func name(_ group: String) -> String { "\(prefix)-\(group)" }

    /// Commits positions without being a member.
    func commit(_ offsets: [Int64], of topic: String, by group: String) throws {
      let places = offsets.enumerated().map { PartitionOffset(TopicPartition(topic, Int32($0)), Offset($1)) }
      try TestSupport.commit(places, of: name(group), on: site.cluster.brokers)
    }

    /// The next reading of a group, or of one of its topics, that meets a condition.
    func next(
      _ group: String, topic: String? = nil, where meets: ([String: Any]) throws -> Bool = { _ in true }
    ) throws -> [String: Any] {
      let subject = "group/\(name(group))" + (topic.map { "/\($0)" } ?? "")
      return try readings.next(within: 60) { try $0.key == subject && meets($0.object) }.object
    }

    /// What Kafka's own tool says: the sum of LAG by group and topic.
    func describe(_ groups: [String]) throws -> [String: [String: Int]] {
      let home = try #require(KafkaVersion.newest.home)
      let tool = try Subprocess(
        home + "/bin/kafka-consumer-groups.sh",
        ["--bootstrap-server", site.cluster.brokers, "--describe"] + groups.flatMap { ["--group", name($0)] })
      _ = try tool.waitForExit(within: 180)
      var lags: [String: [String: Int]] = [:]
      for line in tool.output.text.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count >= 6, let group = groups.first(where: { words[0] == name($0) }), let lag = Int(words[5])
        else { continue }
        lags[group, default: [:]][String(words[1]), default: 0] += lag
      }
      return lags
    }
  }

  /// Writes `count` records in transactions of one record each, so that markers lie between and behind them.
  private func writeTransactions(_ count: Int, to topic: String, on brokers: String) throws {
    var producer = try TransactionalProducer(
      Configuration(brokers: brokers), options: .init(id: uniqueName("writer")), log: silent)
    try producer.initialize(within: .seconds(30))
    for number in 0..<count {
      try producer.begin()
      _ = try Array("\(number)".utf8).withUnsafeBytes { try producer.produce(topic: topic, key: nil, value: $0) }
      try producer.commit(within: .seconds(30))
    }
    producer.close(by: soon())
  }

  @Test(
    "lag is what kafka-consumer-groups.sh says: mid-way, at markers, of an idle topic, without members", .needsKafka)
  func sameAsKafka() throws {
    let groups = try Groups()
    let cluster = groups.site.cluster
    let plain = try cluster.createTopic(partitions: 3)
    let marked = try cluster.createTopic()
    let idle = try cluster.createTopic()
    for number in 0..<30 { try groups.writer.write("\(number)", to: plain, partition: Int32(number % 3)) }
    try groups.writer.flush()
    try writeTransactions(4, to: marked, on: cluster.brokers)
    try groups.commit([10, 4, 7], of: plain, by: "midway")
    // Of 4 records and 4 markers all but the last marker.
    try groups.commit([7], of: marked, by: "marked")
    try groups.commit([0], of: idle, by: "idle")
    let meter = try groups.site.run("meter")
    let described = try groups.describe(["midway", "marked", "idle"])
    for (group, topic, lag) in [("midway", plain, 9), ("marked", marked, 1), ("idle", idle, 0)] {
      let reading = try groups.next(group)
      #expect(reading["lag"] as? Int == lag, "\(group)")
      #expect(try groups.next(group, topic: topic)["lag"] as? Int == lag)
      #expect(described[group] == [topic: lag])
    }
    // Records wait for one of them; behind markers and in an idle topic nothing does, however long it lasts.
    let stopped = try groups.next("midway") { $0["state"] as? String == "stopped" }
    #expect(stopped["state_code"] as? Int == 3)
    #expect(stopped["lag_max"] as? Int == 6)
    #expect((stopped["lag_seconds"] as? Double ?? 0) > 0)
    for group in ["marked", "idle"] {
      for _ in 0..<3 {
        let reading = try groups.next(group)
        #expect(reading["lag_seconds"] as? Double == 0)
        #expect(["empty", nil].contains(reading["state"] as? String))
      }
    }
    try meter.endWell()
  }

  @Test("a group with a member that consumes is ok, and its progress is what it consumed", .needsKafka)
  func consumes() throws {
    let groups = try Groups()
    let topic = try groups.site.cluster.createTopic()
    let wakeup = try Wakeup()
    var consumer = try Consumer(
      Configuration(brokers: groups.site.cluster.brokers), options: .init(group: groups.name("busy")), log: silent,
      wakeup: wakeup)
    try consumer.subscribe(to: [topic])
    let deadline = soon(.seconds(60))
    while consumer.held.isEmpty {
      while let event = consumer.nextEvent() {
        if case .assigned(let given) = event { try consumer.take(given.map { PartitionOffset($0, .beginning) }) }
      }
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(100))
      try keepWaiting(until: deadline)
    }
    try consumer.commit([PartitionOffset(TopicPartition(topic, 0), 0)], within: .seconds(10))
    let meter = try groups.site.run("meter")
    let first = try groups.next("busy") { $0["state"] != nil }
    #expect(first["state"] as? String == "ok")
    #expect(first["members"] as? Int == 1)
    for number in 0..<5 { try groups.writer.write("\(number)", to: topic) }
    try groups.writer.flush()
    #expect(try groups.next("busy", topic: topic) { $0["lag"] as? Int == 5 }["members"] as? Int == 1)
    #expect(try groups.next("busy") { $0["state"] as? String == "stalled" }["state_code"] as? Int == 2)
    try consumer.commit([PartitionOffset(TopicPartition(topic, 0), 5)], within: .seconds(10))
    let after = try groups.next("busy") { $0["lag"] as? Int == 0 }
    #expect(after["progress"] as? Int == 5)
    #expect(after["state"] as? String == "ok")
    try meter.endWell()
    consumer.close(by: soon())
  }

  @Test(
    "without the right to read a topic there is lag only, without that to describe a group nothing: said once",
    .needsKafka)
  func rights() throws {
    let cluster = try TestCluster.own(settings: [
      "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "allow.everyone.if.no.acl.found=true",
    ])
    let broker = try #require(cluster.broker)
    let groups = try Groups(cluster)
    let topic = try cluster.createTopic()
    let other = try cluster.createTopic()
    for topic in [topic, other] { try groups.writer.write("x", to: topic) }
    try groups.writer.flush()
    try groups.commit([0], of: topic, by: "unread")
    try groups.commit([0], of: other, by: "hidden")
    try groups.commit([0], of: other, by: "open")
    let everyone = "User:ANONYMOUS"
    for change in [
      ["--allow-principal", everyone, "--operation", "Describe", "--topic", topic],
      ["--deny-principal", everyone, "--operation", "Describe", "--group", groups.name("hidden")],
    ] {
      try broker.run(tool: "kafka-acls", ["--add", "--force"] + change)
    }
    let meter = try groups.site.run("meter")
    let open = try groups.next("open") { $0["state"] != nil }
    #expect(open["lag_seconds"] != nil)
    for _ in 0..<3 {
      let reading = try groups.next("unread")
      #expect(reading["lag"] as? Int == 1)
      #expect(reading["state"] == nil)
      #expect(reading["lag_seconds"] == nil)
    }
    let lines = meter.errors.lines.filter { $0.contains("lacks a right") }
    for right in ["Read on topic \(topic)", "Describe on group \(groups.name("hidden"))"] {
      #expect(lines.filter { $0.contains(right) }.count == 1, "\(right): \(meter.errors.text)")
    }
    while let record = groups.readings.poll() {
      #expect(record.key?.hasPrefix("group/\(groups.name("hidden"))") != true)
    }
    try meter.endWell()
  }

  @Test("a deleted group is told no more, and raises nothing; the cluster is told", .needsKafka)
  func deleted() throws {
    let groups = try Groups()
    let topic = try groups.site.cluster.createTopic()
    try groups.commit([0], of: topic, by: "gone")
    try groups.commit([0], of: topic, by: "stays")
    let meter = try groups.site.run("meter")
    _ = try groups.next("gone")
    let broker = try #require(groups.site.cluster.broker)
    try broker.run(tool: "kafka-consumer-groups", ["--delete", "--group", groups.name("gone")])
    // A round that had asked before the deletion may tell it once more; the third one after it doesn't.
    let deletion = SystemTime().wall
    func time(_ reading: [String: Any]) throws -> WallTime {
      try #require(WallTime(rfc3339: reading["timestamp"] as? String ?? ""))
    }
    for _ in 0..<3 { _ = try groups.next("stays") { try time($0) > deletion } }
    let last = try time(groups.next("stays"))
    for _ in 0..<3 {
      let record = try groups.readings.next {
        $0.key == "group/\(groups.name("stays"))" || $0.key == "group/\(groups.name("gone"))"
      }
      #expect(try record.key == "group/\(groups.name("stays"))" || time(record.object) <= last)
    }
    let cluster = try groups.readings.next { $0.key == "kafka" }.object
    #expect(cluster["brokers"] as? Int == 1)
    #expect(cluster["partitions_offline"] as? Int == 0)
    let probe = try groups.readings.next { ($0.key ?? "").hasPrefix("kafka@") }.object
    #expect((probe["append_ms"] as? Double ?? 0) > 0)
    #expect((probe["commit_ms"] as? Double ?? 0) > 0)
    let shown = try Program.run(["groups", "--config", groups.site.file, groups.name("stays")])
    #expect(shown.status == .exited(0), "\(shown.errors)")
    #expect(shown.output.hasPrefix("GROUP"))
    #expect(shown.output.contains(groups.name("stays")))
    try meter.endWell()
  }
}
