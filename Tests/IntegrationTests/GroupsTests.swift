import Foundation
import Platform
import TestSupport
import Testing

@Suite("statusd groups", .waits)
struct GroupsTests {
  private func reading(_ subject: String, kind: String = "group", lag: Int = 12) -> String {
    #"{"timestamp":"\#(SystemTime().wall.rfc3339)","host":"\#(subject)","kind":"\#(kind)","state":"ok","lag":\#(lag),"#
      + #""lag_max":\#(lag),"lag_seconds":1.5,"progress":50,"members":1,"state_code":0,"partitions":1,"#
      + #""partitions_missing":0,"interval_ms":10000}"#
  }

  @Test("shows the newest reading of each group and its topics", arguments: TestCluster.Kind.main)
  func shows(_ kind: TestCluster.Kind) throws {
    let place = try ReadingsPlace("groups", kind)
    for (subject, kind, lag) in [
      ("group/billing", "group", 3), ("group/billing", "group", 12), ("group/billing/orders", "group-topic", 12),
      ("group/audit", "group", 0), ("orders", "stream", 0), ("kafka", "cluster", 0),
    ] {
      try place.writer.write(reading(subject, kind: kind, lag: lag), key: subject, to: place.readings)
    }
    try place.writer.flush()
    let pretty = try Program.run(place.arguments)
    #expect(pretty.status == .exited(0), "\(pretty.errors)")
    let lines = pretty.output.split(separator: "\n").map { $0.split(separator: " ").prefix(4).joined(separator: " ") }
    #expect(lines == ["GROUP TOPIC STATE LAG", "audit ok 0 0", "billing ok 12 12", "billing orders ok 12"])
    let json = try Program.run(place.arguments + ["--format", "json", "bill*"]).output.split(separator: "\n")
    let objects = try json.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.map { $0["group"] as? String } == ["billing", "billing"])
    #expect(objects.map { $0["topic"] as? String } == [nil, "orders"])
    #expect(objects.map { ($0["numbers"] as? [String: Double])?["lag"] } == [12, 12])
    let none = try Program.run(place.arguments + ["nobody"])
    #expect(none.status == .exited(0))
    #expect(none.output.hasPrefix("no such group has a reading"))
  }
}
