import Agent
import JSON
import Platform
import Records
import Testing

@Suite("Fleet")
struct FleetTests {
  private func records(_ count: Int, hosts: Int = 10, seed: UInt64 = 1) -> [StatusRecord] {
    var fleet = Fleet(
      hosts: hosts, seed: seed, start: WallTime(milliseconds: 1_795_176_000_000), interval: .seconds(1))
    return (0..<count).map { _ in
      fleet.advance()
      return fleet.record
    }
  }

  @Test("the same seed gives the same records, another seed gives others")
  func deterministic() {
    #expect(records(500) == records(500))
    #expect(records(500) != records(500, seed: 2))
  }

  @Test("each host's time and sequence number rise from round to round, and all hosts take turns")
  func order() {
    let records = records(100)
    #expect(Set(records.map(\.host)).count == 10)
    for (index, record) in records.enumerated().dropFirst(10) {
      #expect(record.host == records[index - 10].host)
      #expect(record.bootID == records[index - 10].bootID)
      #expect(record.timestamp.milliseconds == records[index - 10].timestamp.milliseconds + 1000)
      #expect(record.sequence == (records[index - 10].sequence ?? 0) + 1)
    }
  }

  @Test("with tags each host has its role and its rack, and all else is the same")
  func tags() {
    var fleet = Fleet(
      hosts: 90, seed: 1, start: WallTime(milliseconds: 1_795_176_000_000), interval: .seconds(1), hasTags: true)
    for plain in records(180, hosts: 90) {
      fleet.advance()
      var record = fleet.record
      #expect(record.tags.map(\.name) == ["role", "rack"])
      #expect(record.host.hasPrefix("\(record.tags[0].value)-"))
      record.tags = []
      #expect(record == plain)
    }
    #expect(fleet.record.tags[1].value == "r3")
  }

  @Test("values are plausible, and some host is busy for a while")
  func plausible() {
    let records = records(50_000)
    #expect(records[0].metrics.table.metrics.prefix(2).map { "\($0.name)" } == ["cpu_usage", "memory_usage"])
    #expect(records.allSatisfy { (0...100).contains($0.metrics[0] ?? -1) && (0...100).contains($0.metrics[1] ?? -1) })
    #expect(records.contains { ($0.metrics[0] ?? 0) > 95 })
    var writer = Writer()
    records[0].encode(into: &writer)
    #expect((220...280).contains(writer.bytes.count))
  }
}
