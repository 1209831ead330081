import Foundation
import Platform
import TestSupport
import Testing

@Suite("A fleet of hosts with tags", .waits)
struct FleetTests {
  @Test("rules and tail can match a tag")
  func match() throws {
    let site = try Site(.mock)
    try site.configure(
      rules: """
        [[rule]]
        name = "web"
        metric = "cpu_usage"
        above = -1
        match = { role = "web", rack = "r?" }
        """)
    let sent = try Program.run([
      "simulate", "--config", site.file, "--tags", "--hosts", "8", "--rate", "100000", "--count", "8", "--interval",
      "1s",
    ])
    #expect(sent.status == .exited(0), "\(sent.errors)")
    let evaluator = try site.run("evaluator")
    let alerts = try site.alertsReader()
    let hosts = try (0..<2).map { _ in try alerts.next().object["host"] as? String }
    #expect(Set(hosts) == ["web-1", "web-2"])
    #expect(try alerts.poll(for: 0.5) == nil)
    try evaluator.endWell()
    let tail = try Program.run([
      "tail", "--config", site.file, "--topic", "status", "--since", "beginning", "--format", "json", "--match",
      "role=db", "--exit-after", "2",
    ])
    #expect(tail.output.split(separator: "\n").allSatisfy { $0.hasSuffix(#""role":"db","rack":"r1"}"#) })
    #expect(tail.output.split(separator: "\n").count == 2)
  }

  @Test("a meter that is killed miscounts no hosts of a role, and their count falls when hosts are gone", .needsKafka)
  func hosts() throws {
    let site = try Site(TestCluster.open(.newest), makesTopics: true)
    site.extra["kafka.properties"] = "\"session.timeout.ms\" = 6000"
    let stream = uniqueName("fleet")
    try site.configure(
      rules: """
        [[stream]]
        name = "\(stream)"
        topics = ["\(site.status)"]
        by = "role"
        [stream.measure]
        cpu_usage = ["avg"]
        [stream.distinct]
        hosts = { field = "host", over = "4s" }
        """)
    func simulate(_ hosts: Int) throws -> Subprocess {
      try Program.start([
        "simulate", "--config", site.file, "--tags", "--hosts", "\(hosts)", "--rate", "\(hosts * 2)",
      ])
    }
    let readings = try site.readingsReader()
    var counts: [Int] = []
    func readWeb(until wanted: Int) throws {
      repeat {
        let reading = try readings.next { $0.key == "\(stream)/web" }.object
        guard let hosts = reading["hosts"] as? Int else { continue }
        counts.append(hosts)
        #expect(reading["kind"] as? String == "value")
        #expect((1...100).contains(reading["cpu_usage_avg"] as? Double ?? 50))
      } while counts.last != wanted
    }
    let all = try simulate(80)
    var meter = try site.run("meter")
    try readWeb(until: 20)
    meter.signal(SIGKILL)
    _ = try meter.waitForExit(within: 10)
    meter = try site.run("meter")
    for _ in 0..<3 { try readWeb(until: 20) }
    all.signal(SIGKILL)
    _ = try all.waitForExit(within: 10)
    let fewer = try simulate(68)
    try readWeb(until: 17)
    try readWeb(until: 17)
    // Nobody is missed for a moment, neither at the beginning nor behind a meter that was killed.
    #expect(counts.allSatisfy { (17...20).contains($0) }, "\(counts)")
    #expect(counts == counts.sorted(by: >), "\(counts)")
    fewer.signal(SIGINT)
    #expect(try fewer.waitForExit(within: 10) == .exited(0))
    try meter.endWell()
  }
}
