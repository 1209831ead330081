import Foundation
import Platform
import Rules
import TestSupport
import Testing

@testable import statusd

@Suite("the main job", .serialized, .waits)
struct MainJobTests {
  @Test("samples of this machine arrive each interval, none missing, none repeated, on each kind of cluster")
  func samples() throws {
    let sites = try TestCluster.Kind.here.map { try Site($0) }
    var agents: [Subprocess] = []
    for site in sites {
      site.extra["agent"] = "interval = \"500ms\""
      try site.configure()
      agents.append(try site.run("agent"))
    }
    for site in sites { try checkSamples(of: site) }
    for agent in agents { try agent.endWell() }
  }

  private func checkSamples(of site: Site) throws {
    let reader = try site.statusReader()
    var records: [Record] = []
    while records.count < 8 { records.append(try reader.next { $0.key == site.host }) }
    let objects = try records.map { try $0.object }
    let sequences = objects.compactMap { ($0["sequence"] as? NSNumber)?.int64Value }
    let first = try #require(sequences.first)
    #expect(sequences == Array(first..<(first + 8)))
    #expect(Set(objects.compactMap { $0["boot_id"] as? String }).count == 1)
    for object in objects.dropFirst() {
      #expect(object["host"] as? String == site.host)
      for name in ["cpu_usage", "memory_usage"] {
        let value = try #require((object[name] as? NSNumber)?.doubleValue)
        #expect((0...100).contains(value))
      }
      #expect((object["memory_total_bytes"] as? NSNumber)?.int64Value ?? 0 > 0)
    }
    let times = try objects.map { try milliseconds($0["timestamp"]) }
    // Samples follow the ticks, so delays on a busy machine don't add up.
    let pace = Double(times[7] - times[0]) / 7
    #expect((400...650).contains(pace), "\(times)")
  }

  /// A daemon on one kind of cluster, and its transitions so far.
  private struct Station {
    let site: Site
    let daemon: Subprocess
    let transitions: TopicReader
    let tail: Subprocess
    /// The transitions, in their order.
    var seen: [[String: Any]] = []

    init(_ kind: TestCluster.Kind) throws {
      site = try Site(kind)
      try site.configure()
      daemon = try site.run()
      transitions = try site.alertsReader()
      tail = try site.tail("--exit-after", "2")
    }

    /// The status of the last transition; nil if there was none.
    var status: String? { seen.last?["status"] as? String }
  }

  /// The load affects the whole machine, so one story serves the daemons on all kinds of clusters.
  @Test("a real load raises cpu-high after its hold, and its end resolves the alert; tail shows both")
  func alert() throws {
    var stations = try TestCluster.Kind.here.map { try Station($0) }
    let first = try #require(stations.first)
    let samples = try first.site.statusReader()
    var story = DemoStory()
    var burner: Burner?
    defer { burner?.stop() }
    func perform(_ actions: [DemoStory.Action]) throws {
      for action in actions {
        switch action {
        case .say: break
        case .load(let load):
          burner?.stop()
          burner = try load.map { load in try Burner(load) }
        case .rule(let rule): for station in stations { try give(rule, to: station) }
        }
      }
    }
    let deadline = Date(timeIntervalSinceNow: 120)
    var told: String?
    while !story.isTold, Date() < deadline {
      let object = try samples.next { $0.key == first.site.host }.object
      if let usage = object["cpu_usage"] as? NSNumber, let user = object["cpu_user"] as? NSNumber,
        let system = object["cpu_system"] as? NSNumber
      {
        try perform(
          story.take(DemoStory.Sample(usage: usage.doubleValue, user: user.doubleValue, system: system.doubleValue)))
      }
      for index in stations.indices {
        while let transition = stations[index].transitions.poll() { stations[index].seen.append(try transition.object) }
      }
      // The story goes on once all daemons are at the same point.
      guard let status = stations[0].status, status != told, stations.allSatisfy({ $0.status == status }) else {
        continue
      }
      told = status
      try perform(status == "firing" ? story.alertFires() : story.alertIsResolved())
    }
    for station in stations { try checkAlert(of: station, isTold: story.isTold) }
  }

  private func give(_ rule: Rule, to station: Station) throws {
    let limit = try #require(rule.limits.critical)
    try station.site.configure(
      rules: """
        [[rule]]
        name = "\(rule.name)"
        metric = "\(rule.metric)"
        above = \(limit)
        for = "2s"
        keep_firing_for = "1s"
        summary = "CPU of {{host}} at {{value}}% (limit {{threshold}})"
        """)
    station.daemon.signal(SIGHUP)
  }

  private func checkAlert(of station: Station, isTold: Bool) throws {
    #expect(isTold, "\(station.daemon.errors.text.suffix(3000))")
    let firing = try #require(station.seen.last { $0["status"] as? String == "firing" })
    #expect(firing["rule"] as? String == "cpu-high")
    #expect(firing["host"] as? String == station.site.host)
    #expect(try milliseconds(firing["timestamp"]) - milliseconds(firing["since"]) >= 2000)
    let resolved = try #require(station.seen.last)
    #expect(resolved["status"] as? String == "resolved")
    #expect(resolved["previous"] as? String == "firing")
    #expect(try station.tail.waitForExit() == .exited(0))
    #expect(station.tail.output.lines.count == 2)
    try station.daemon.endWell()
  }

  @Test("the demo raises and resolves an alert on this machine, then one on a stream, and explains each step")
  func demo() throws {
    let demo = try Program.start(["demo", "--exit-after", "120s"])
    try demo.waitForLine(containing: "The demonstration is complete", within: 120)
    demo.signal(SIGINT)
    #expect(try demo.waitForExit(within: 10) == .exited(0))
    #expect(demo.output.lines.filter { $0.hasPrefix("»") }.count >= 10)
    #expect(demo.output.lines.contains { $0.contains("stream monitor  rate 5.0 a second") })
    #expect(demo.errors.text == "")
  }

  @Test("a demo that is too short for an alert says so and fails")
  func shortDemo() throws {
    #expect(try Program.run(["demo", "--exit-after", "1s"]).status == .exited(1))
  }

  private func milliseconds(_ time: Any?) throws -> Int64 {
    let text = try #require(time as? String)
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    return Int64((try format.parse(text).timeIntervalSince1970 * 1000).rounded())
  }
}
