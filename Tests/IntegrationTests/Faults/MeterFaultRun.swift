import Foundation
import Platform
import TestRandom
import TestSupport
import Testing

/// Meters on a real broker under a load, while they and the broker are killed: a fault now and then, from a seed.
final class MeterFaultRun {
  static let partitions = 12
  private static let rounds = 60
  /// A round takes so many seconds at least: what is killed has begun to work again by the next fault.
  private static let pace = 1.5

  private let count: Int
  private let broker: Broker
  private let site: Site
  private let topic: String
  private let writer: TopicWriter
  /// Everything written to the readings, aborted transactions included.
  private let written: TopicReader
  private var random: SeededRandom
  private var meters: [String: Subprocess] = [:]
  /// Meters that were killed, and stay away until this round.
  private var away: [String: Int] = [:]
  private(set) var kills = 0
  /// Status and log of meters that ended by themselves. They are started again, as a service manager would do.
  private(set) var endings: [String] = []

  init(records: Int, seed: UInt64) throws {
    count = records
    random = SeededRandom(seed: seed)
    // As for evaluators: see `FaultRun`.
    let cluster = try TestCluster.own(settings: [
      "controlled.shutdown.enable=false", "transaction.abort.timed.out.transaction.cleanup.interval.ms=3600000",
    ])
    guard let broker = cluster.broker else { throw NotAsExpected(description: "no broker of its own") }
    self.broker = broker
    site = try Site(cluster, makesTopics: true)
    // The broker's clock says when each record was appended, so each has one interval in which it must be told.
    topic = try cluster.createTopic(
      partitions: Self.partitions, configuration: [("message.timestamp.type", "LogAppendTime")])
    site.extra["run"] = "instance = \"${INSTANCE}\""
    try site.configure(rules: Self.streams(topic))
    writer = try site.writer()
    written = try site.readingsReader(readsCommitted: false)
  }

  /// Four streams of one topic, so that each of two meters has some.
  private static func streams(_ topic: String) -> String {
    let tables = [
      ("orders", "format = \"none\""), ("pairs", "format = \"none\"\ninterval = \"2s\""),
      ("fives", "format = \"text\"\ninterval = \"5s\""),
      (
        "kinds",
        """
        by = "kind"
        [stream.count]
        errors = { field = "message", contains = "error" }
        [stream.measure]
        ms = ["sum"]
        """
      ),
    ]
    return tables.map { "[[stream]]\nname = \"\($0)\"\ntopics = [\"\(topic)\"]\n\($1)\n" }.joined()
  }

  /// The value of each record of a partition.
  static func value(of partition: Int) -> String {
    let message = hasError(partition) ? "an error" : "all is well"
    return #"{"kind":"\#(kind(partition))","message":"\#(message)","ms":\#(partition),"text":"some more bytes"}"#
  }
  static func hasError(_ partition: Int) -> Bool { partition % 4 == 1 }
  static func kind(_ partition: Int) -> String { "k\(partition % 3)" }

  /// Writes all records, under faults, and waits until they are told. Returns each stream's readings, the readings of
  /// values and the log.
  func run() throws -> (audits: [ReadingsAudit], kinds: [[String: Any]], log: AppendTimes) {
    for name in ["one", "two"] { try start(name) }
    let readings = try site.readingsReader()
    var begun: Set<String> = []
    while begun.count < 4 { begun.insert(try readings.next(within: 120).key ?? "") }
    for round in 0..<Self.rounds {
      let end = SystemTime().monotonic + .seconds(Self.pace)
      try tend(round)
      try write(round: round)
      if round % 6 == 2 { try kill(round) }
      switch round {
      case 10: try start("three")
      case 50: try leave("three")
      default: break
      }
      try writer.flush(within: 120)
      while SystemTime().monotonic < end { _ = try written.poll(for: 0.1) }
    }
    return try verdict()
  }

  private func write(round: Int) throws {
    let values = (0..<Self.partitions).map { Array(Self.value(of: $0).utf8) }
    for number in 0..<(count / Self.rounds) {
      let partition = number % Self.partitions
      try writer.write(values[partition], to: topic, partition: Int32(partition))
      // Records are under way.
      if number == count / Self.rounds / 2, [21, 43].contains(round) { try killBroker() }
    }
  }

  // MARK: Faults

  private func start(_ name: String) throws {
    meters[name] = try site.run("meter", environment: ["INSTANCE": name])
  }

  private func tend(_ round: Int) throws {
    for (name, meter) in meters {
      guard let status = try? meter.waitForExit(within: 0) else { continue }
      endings.append("\(name) ended by itself: \(status)\n\(meter.errors.text)")
      try start(name)
    }
    for (name, until) in away where until <= round {
      away[name] = nil
      try start(name)
    }
  }

  /// Kills a meter: each second time as soon as a reading is written, which isn't committed yet. Each fourth time another
  /// meter has to take over.
  private func kill(_ round: Int) throws {
    guard let name = meters.keys.sorted().randomElement(using: &random), let meter = meters[name] else { return }
    if kills % 2 == 0 {
      while written.poll() != nil {}
      _ = try written.poll(for: 5)
    } else {
      _ = try written.poll(for: Double(random.below(1000)) / 1000)
    }
    meter.signal(SIGKILL)
    try meter.waitForExit(within: 10)
    kills += 1
    if kills % 4 == 0 {
      meters[name] = nil
      away[name] = round + 10
    } else {
      try start(name)
    }
  }

  private func leave(_ name: String) throws {
    away[name] = nil
    guard let meter = meters.removeValue(forKey: name) else { return }
    try meter.waitForLine(on: \.errors) { !$0.isEmpty }
    try meter.endWell()
  }

  /// Meters are paused until the broker has written every marker: see `FaultRun.whileNothingIsDecided`.
  private func killBroker() throws {
    for meter in meters.values { meter.signal(SIGSTOP) }
    defer { for meter in meters.values { meter.signal(SIGCONT) } }
    while try written.poll(for: 2) != nil {}
    try broker.kill()
    try broker.restart()
  }

  // MARK: The result

  private func verdict() throws -> (audits: [ReadingsAudit], kinds: [[String: Any]], log: AppendTimes) {
    let end = SystemTime().wall.milliseconds + 5000
    try tend(Self.rounds)
    let lengths: [(String, Int64)] = [("orders", 1000), ("pairs", 2000), ("fives", 5000), ("kinds", 1000)]
    var audits = lengths.map { ReadingsAudit($0, length: $1) }
    var kinds: [[String: Any]] = []
    let reader = try site.readingsReader()
    let deadline = SystemTime().monotonic + .seconds(300)
    while !audits.allSatisfy({ $0.isTold(upTo: end) }), SystemTime().monotonic < deadline {
      guard let record = try reader.poll(for: 30) else { break }
      let object = try record.object
      if object["kind"] as? String == "value" || record.key == "kinds" { kinds.append(object) }
      if let place = audits.firstIndex(where: { $0.name == record.key }) { try audits[place].take(object) }
    }
    for meter in meters.values { try meter.endWell() }
    return (audits, kinds, try AppendTimes(of: topic, partitions: Self.partitions, on: broker.address))
  }
}
