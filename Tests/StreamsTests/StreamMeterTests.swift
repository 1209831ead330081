import Foundation
import Streams
import TestRandom
import Testing

@Suite("A stream's meter")
struct StreamMeterTests {
  /// `STATUSD_CASES=100000` tries more.
  private static let count = ProcessInfo.processInfo.environment["STATUSD_CASES"].flatMap { Int($0) } ?? 400

  @Test("each record is counted in exactly one reading, and each interval has exactly one, whatever happens")
  func conservation() {
    for seed in 0..<Self.count {
      var bench = MeterBench(
        seed: UInt64(seed), partitions: 1 + seed % 4, skewed: seed % 2 == 0, interval: seed % 7 == 0 ? 10 : 1)
      for _ in 0..<300 { bench.step() }
      bench.finish()
      let records = bench.readings.reduce(0) { $0 + ($1["records"] ?? 0) }
      let bytes = bench.readings.reduce(0) { $0 + ($1["bytes"] ?? 0) }
      let all = bench.logs.joined()
      guard records == Double(all.count), bytes == Double(all.reduce(0) { $0 + $1.bytes }) else {
        Issue.record("seed \(seed): \(records) of \(all.count) records, \(bench.kills) kills")
        return
      }
      let ends = bench.readings.map(\.end.milliseconds)
      let length = bench.definition.interval.components.seconds * 1000
      guard zip(ends, ends.dropFirst()).allSatisfy({ $1 - $0 == length }) else {
        Issue.record("seed \(seed): intervals \(ends)")
        return
      }
    }
  }

  @Test("where the brokers' clock stamps records, each counts in the interval of its own time, if nothing was missing")
  func ownInterval() {
    for seed in 0..<Self.count {
      var bench = MeterBench(seed: UInt64(seed) + 1_000_000, partitions: 1 + seed % 4, skewed: false)
      for _ in 0..<300 {
        bench.step()
        bench.unreadable = []
      }
      bench.finish()
      var expected: [Int64: Double] = [:]
      for record in bench.logs.joined() { expected[(record.time / 1000 + 1) * 1000, default: 0] += 1 }
      for reading in bench.readings where reading["records"] != expected[reading.end.milliseconds, default: 0] {
        Issue.record(
          "seed \(seed): \(reading), not \(expected[reading.end.milliseconds, default: 0]), \(bench.kills) kills")
        return
      }
      let used = bench.readings.drop { $0["records"] == 0 }
      #expect(used.allSatisfy { $0["late_records"] == 0 && $0["rate"] == $0["records"] })
    }
  }
}
