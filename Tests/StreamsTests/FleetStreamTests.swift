import Backtest
import Evaluator
import Foundation
import JSON
import Platform
import Records
import Settings
import Streams
import TestRandom
import TestSupport
import Testing

@Suite("A fleet as a stream")
struct FleetStreamTests {
  @Test(
    "of 10,000 hosts three of 20 web hosts are killed: the count falls to 17 after 30 s and never dips, and one alert fires"
  )
  func killed() throws {
    let bench = try FleetBench(
      [("web", 20, 1000), ("db", 3980, 5000), ("cache", 4000, 5000), ("queue", 2000, 5000)], partitions: 4, seed: 1)
    var changed = FleetBench.definition
    changed.measures.append(.init(field: "memory_usage", statistics: [.max]))
    for second in 1...130 {
      bench.produce(until: Int64(second) * 1000 + 300)
      if second == 50 { for host in [3, 8, 19] { bench.set(host, isThere: false) } }
      if second == 100 { for host in [3, 8, 19] { bench.set(host, isThere: true) } }
      // Meters are restarted before the first count, and around each change; one gets another definition.
      if [25, 49, 51, 70, 79, 80, 81, 99, 101].contains(second) { try bench.handOver() }
      if second == 65 { try bench.handOver(to: changed) }
      bench.catchUp()
    }
    let web = bench.readings(of: "web")
    #expect(web.map(\.end) == (2...130).map { $0 * 1000 } || web.map(\.end) == (1...130).map { $0 * 1000 })
    let counts = web.compactMap { end, reading in reading["hosts"].map { (end: end, hosts: Int($0)) } }
    // The first one is there once 30 s were watched.
    #expect(counts.map(\.end) == (30...130).map { $0 * 1000 })
    let gone = [3, 8, 19].map { bench.hosts[$0].seen.last { $0 <= 60_000 } ?? 0 }
    for (end, hosts) in counts {
      let killed = end < 100_000 ? gone.count { $0 + 30_000 <= end } : 0
      if end < 100_000 { #expect(hosts == 20 - killed, "at \(end)") }
      #expect(hosts == bench.expected("web", at: end), "at \(end)")
    }
    #expect(counts.filter { $0.end < 80_000 }.allSatisfy { $0.hosts == 20 })
    #expect(counts.filter { (82_000..<100_000).contains($0.end) }.allSatisfy { $0.hosts == 17 })
    #expect(counts.filter { $0.end > 103_000 }.allSatisfy { $0.hosts == 20 })
    for (end, reading) in bench.readings(of: nil) where end % 10_000 == 0 && end >= 30_000 {
      #expect(reading["hosts"].map { Int($0) } == bench.expected(nil, at: end), "at \(end)")
      #expect(reading["distinct_refused"] == 0)
      #expect(reading["cpu_usage_avg"] == 50)
    }
    #expect(try alerts(bench.readings) == ["firing 17", "resolved 20"])
  }

  /// The transitions of "fewer than 18 web hosts report" over the readings.
  private func alerts(_ readings: [StreamReading]) throws -> [String] {
    let text = """
      kafka.brokers = "127.0.0.1:1"
      [[rule]]
      name = "web-hosts"
      metric = "hosts"
      match = { host = "fleet/web" }
      below = 18
      """
    let settings = try #require(Settings.load(text: Array(text.utf8), file: "f.toml").settings)
    var replay = Replay(
      settings: settings, topic: "readings", rules: settings.ruleSet, partitionCount: 1,
      log: Logger(output: CapturedLog()), time: ManualTime())
    replay.begin(partition: 0, at: 0)
    for (offset, reading) in readings.enumerated() {
      var writer = Writer()
      reading.encode(into: &writer)
      Array(reading.subject.utf8).withUnsafeBytes { key in
        writer.bytes.withUnsafeBytes { value in
          replay.receive(
            LogRecord(
              partition: LogPartition(topic: 0, number: 0), offset: Int64(offset), kafkaTime: reading.end.milliseconds,
              isLogAppendTime: true, key: key, value: value))
        }
      }
    }
    return replay.takeTransitions().map { "\($0.status) \(Int($0.value))" }
  }

  /// `STATUSD_CASES=100000` tries more.
  private static let cases = ProcessInfo.processInfo.environment["STATUSD_CASES"].flatMap { Int($0) } ?? 150

  @Test("a count that is told is exact, whatever happens to meters, partitions and hosts")
  func exact() throws {
    for seed in 0..<Self.cases {
      let bench = try FleetBench(
        [("web", 4, 1000), ("db", 3, 2500), ("slow", 2, 20_000)], partitions: 1 + seed % 3, seed: UInt64(seed))
      var second = 0
      while second < 130 {
        let before = second
        second += bench.random.pick([0, 1, 1, 1, 2, 5])
        if second > before { bench.produce(until: Int64(second) * 1000 + Int64(bench.random.below(900))) }
        switch bench.random.below(16) {
        case 0...8: bench.catchUp()
        case 9: bench.read(bench.random.below(bench.logs.count), bench.random.below(20))
        case 10: bench.tick()
        case 11: try bench.handOver()
        case 12:
          let host = bench.random.below(bench.hosts.count)
          bench.set(host, isThere: bench.random.once(in: 2))
        case 13:
          let partition = bench.random.below(bench.logs.count)
          if bench.unreadable.remove(partition) == nil, bench.random.once(in: 2) { bench.unreadable.insert(partition) }
        case 14: bench.spooled = bench.random.pick([0, 0, 0, 29_000, 60_000])
        default:
          var other = FleetBench.definition
          if bench.random.once(in: 2) { other.measures = [] }
          try bench.handOver(to: other)
        }
      }
      bench.unreadable = []
      for _ in 0..<3 {
        bench.produce(until: bench.now + 1000)
        bench.catchUp()
      }
      for role in [nil, "web", "db", "slow"] {
        for (end, reading) in bench.readings(of: role) {
          guard let hosts = reading["hosts"] else { continue }
          if Int(hosts) == bench.expected(role, at: end) { continue }
          Issue.record("seed \(seed): \(hosts) of \(role ?? "all") at \(end), not \(bench.expected(role, at: end))")
          return
        }
      }
      // After 35 s with all partitions it is there again.
      #expect(bench.readings(of: nil).contains { $0.reading["hosts"] != nil }, "seed \(seed)")
    }
  }

  @Test("samples that waited for 30 s or more are counted, but enter neither measures nor distinct counts")
  func spooled() throws {
    let bench = try FleetBench([("web", 5, 1000)], partitions: 1, seed: 3)
    for second in 1...80 {
      bench.spooled = second > 40 ? 31_000 : 0
      bench.produce(until: Int64(second) * 1000 + 300)
      bench.catchUp()
    }
    let readings = bench.readings(of: "web")
    let early = try #require(readings.first { $0.end == 40_000 }).reading
    #expect(early["hosts"] == 5)
    #expect(early["cpu_usage_avg"] == 50)
    let late = try #require(readings.first { $0.end == 75_000 }).reading
    #expect(late["records"] == 5)
    #expect(late["rate"] == 5)
    #expect(late["hosts"] == 0)
    #expect(late["cpu_usage_avg"] == nil)
    #expect((late["delay_ms_max"] ?? 0) > 30_000)
  }
}
