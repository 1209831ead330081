import Foundation
import Glibc
import Platform
import TestRandom
import TestSupport
import Testing

/// Runs only if requested (`make faults`), because it takes minutes. `STATUSD_FAULT_KILLS` is how often an evaluator or a
/// forwarder is killed, `STATUSD_SEED` the seed.
@Suite("faults of evaluators and forwarders don't change what a receiver is told", .serialized, .waits)
struct ForwardFaultTests {
  @Test(
    "without repeats it is told what stands in alerts, in order; repeats come only around a forwarder's death",
    .needsKafka,
    .enabled(if: environment("STATUSD_FAULTS") != nil, "make faults runs it"))
  func faults() throws {
    let seed = environment("STATUSD_SEED").flatMap { UInt64($0) } ?? UInt64.random(in: 1..<1_000_000_000)
    let kills = environment("STATUSD_FAULT_KILLS").flatMap { Int($0) } ?? 20
    print("faults of forwarders: seed \(seed), \(kills) kills")
    var random = SeededRandom(seed: seed)
    let server = try WebServer(.status(200))
    let site = try ForwardSite(
      receivers: "[[receiver]]\nname = \"hook\"\nwebhook = { url = \"\(server.address())\" }\n")
    var forwarders: [String: Subprocess] = [:]
    for name in ["one", "two"] { forwarders[name] = try site.forward(name) }
    try lookUntil {
      forwarders.values.contains { $0.errors.text.contains("a receiver is told for the first time") }
    }
    let hosts = (0..<50).map { "h\($0)" }
    /// When a forwarder died, and was back.
    var deaths: [ClosedRange<MonotonicTime>] = []
    let arrivals = Arrivals(server)
    for _ in 0..<kills {
      for level in [10.0, 60, 90] { try site.write(hosts.filter { _ in random.once(in: 4) }, level: level) }
      arrivals.note()
      let victim = random.pick(["one", "two", "evaluator"])
      if victim == "evaluator" {
        try site.restartEvaluator()
      } else {
        let began = SystemTime().monotonic
        forwarders[victim]?.signal(SIGKILL)
        try forwarders[victim]?.waitForExit()
        forwarders[victim] = try site.forward(victim)
        // The group gives its receivers to the other one, or to its successor, within a session.
        deaths.append(began...(SystemTime().monotonic + .seconds(10)))
      }
      let before = server.requests.count
      try site.write(hosts.filter { _ in random.once(in: 4) }, level: random.pick([10, 60, 90]))
      _ = arrivals.wait(until: soon(.seconds(10))) { $0 > before }
    }
    try site.write(hosts, level: 90)
    try site.write(hosts, level: 10)
    var written: [[String: Any]] = []
    try lookUntil(soon(.seconds(120))) {
      written = try site.transitions()
      let last = Dictionary(written.map { ($0["host"] as? String ?? "", $0["status"] as? String ?? "") }) { $1 }
      return last.count == hosts.count && last.values.allSatisfy { $0 == "resolved" }
    }
    let ids = written.compactMap { $0["id"] as? String }
    #expect(Set(ids).count == ids.count)
    #expect(
      arrivals.waitForRequests(until: soon(.seconds(120))) { Set($0.flatMap(\.ids)).isSuperset(of: ids) })
    var seen: Set<String> = []
    var told: [String: [String]] = [:]
    var repeats = 0
    for arrival in arrivals.all {
      let isRepeated = arrival.request.ids.allSatisfy(seen.contains)
      if isRepeated {
        repeats += 1
        #expect(deaths.contains { $0.contains(arrival.time) }, "seed \(seed): repeated without a death")
      }
      for alert in arrival.request.alerts {
        guard let id = alert["id"] as? String, seen.insert(id).inserted else { continue }
        told[alert["host"] as? String ?? "", default: []].append(id)
      }
    }
    let expected = Dictionary(grouping: written) { $0["host"] as? String ?? "" }
      .mapValues { $0.compactMap { $0["id"] as? String } }
    let wrong = hosts.filter { told[$0] != expected[$0] }
    #expect(wrong.isEmpty, "seed \(seed)")
    #expect(seen == Set(ids), "seed \(seed)")
    print(
      "faults of forwarders: seed \(seed): \(ids.count) transitions, each told in order; \(repeats) notifications repeated "
        + "around \(deaths.count) deaths")
    for forwarder in forwarders.values { try forwarder.endWell() }
  }
}

/// The requests of a server, each with the time at which it was noticed.
private final class Arrivals {
  private let server: WebServer
  private(set) var all: [(time: MonotonicTime, request: WebServer.Request)] = []

  init(_ server: WebServer) { self.server = server }

  /// Notes what has come.
  func note() {
    let now = SystemTime().monotonic
    for request in server.requests.dropFirst(all.count) { all.append((now, request)) }
  }

  /// Waits until so many have come, and notes them as they come.
  func wait(until deadline: MonotonicTime, _ isEnough: (Int) -> Bool) -> Bool {
    waitForRequests(until: deadline) { isEnough($0.count) }
  }

  func waitForRequests(until deadline: MonotonicTime, _ isEnough: ([WebServer.Request]) -> Bool) -> Bool {
    while true {
      let known = all.count
      note()
      if isEnough(all.map(\.request)) { return true }
      if !server.wait(until: deadline, for: { $0.count > known }) { return false }
    }
  }
}

extension WebServer.Request {
  /// The ids of its transitions.
  fileprivate var ids: [String] { alerts.compactMap { $0["id"] as? String } }
}
