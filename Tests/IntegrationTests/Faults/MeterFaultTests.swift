import Foundation
import TestSupport
import Testing

/// Runs only if requested (`make faults-streams`). `STATUSD_METER_FAULTS` is the number of records, `STATUSD_SEED` the
/// seed.
@Suite("faults of brokers and meters don't change the readings", .serialized, .waits)
struct MeterFaultTests {
  @Test(
    "each record is in one reading, that of its own second, and each second has one", .needsKafka,
    .enabled(if: environment("STATUSD_METER_FAULTS") != nil, "make faults-streams runs it"))
  func conservation() throws {
    let count = environment("STATUSD_METER_FAULTS").flatMap { Int($0) } ?? 5_000_000
    let seed = environment("STATUSD_SEED").flatMap { UInt64($0) } ?? UInt64.random(in: 1..<1_000_000_000)
    print("faults of meters: seed \(seed), \(count) records")
    let run = try MeterFaultRun(records: count, seed: seed)
    let (audits, kinds, log) = try run.run()
    for audit in audits {
      print(
        "faults of meters: \(audit.name): \(log.total) records in the log, \(audit.total) told in "
          + "\(audit.readings.count) readings, \(audit.readings.reduce(0) { $0 + $1.late }) of them late; "
          + "the latest reading was \(audit.readings.map(\.delay).max() ?? 0) ms late")
      let problems = audit.problems(log)
      #expect(problems.isEmpty, "\(problems.prefix(20))")
    }
    #expect(run.kills == 10)
    print("faults of meters: \(run.endings.count) meters ended by themselves")
    for ending in run.endings { print(ending.suffix(2000)) }

    func sum(_ name: String, of subject: String) -> Int {
      kinds.reduce(0) { $0 + ($1["host"] as? String == subject ? $1[name] as? Int ?? 0 : 0) }
    }
    let partitions = log.counts.indices
    #expect(
      sum("errors", of: "kinds")
        == partitions.reduce(0) { $0 + (MeterFaultRun.hasError($1) ? log.counts[$1] : 0) })
    #expect(sum("ms_sum", of: "kinds") == partitions.reduce(0) { $0 + $1 * log.counts[$1] })
    for kind in Set(partitions.map(MeterFaultRun.kind)) {
      let expected = partitions.reduce(0) { $0 + (MeterFaultRun.kind($1) == kind ? log.counts[$1] : 0) }
      #expect(sum("records", of: "kinds/\(kind)") == expected)
    }
  }
}
