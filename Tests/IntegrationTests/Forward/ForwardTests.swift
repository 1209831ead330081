import Foundation
import Glibc
import Platform
import TestSupport
import Testing

@Suite("statusd-forward", .waits, .needsKafka)
struct ForwardTests {
  private func receiver(_ name: String, _ server: WebServer, _ more: String = "") -> String {
    "[[receiver]]\nname = \"\(name)\"\nwebhook = { url = \"\(server.address("/\(name)"))\" }\n\(more)\n"
  }

  @Test("a webhook is told of an alert and of its end, each once, as they stand in the topic")
  func webhook() throws {
    let server = try WebServer(.status(200))
    let site = try ForwardSite(receivers: receiver("hook", server, "match = { \"labels.team\" = \"inf*\" }"))
    var forwarder = try site.forward()
    try forwarder.waitForLine(containing: "a receiver is told for the first time", on: \.errors)
    try site.write(["a"], level: 90)
    #expect(server.wait { $0.count == 1 })
    try forwarder.endWell()
    // It goes on where its predecessor was.
    try site.write(["b"], level: 60)
    forwarder = try site.forward()
    try site.write(["a", "b"], level: 10)
    #expect(server.wait { $0.count == 4 })
    #expect(server.requests[0].told == ["firing critical a"])
    #expect(
      Set(server.requests.dropFirst().flatMap(\.told)) == [
        "firing warning b", "resolved critical a", "resolved warning b",
      ])
    #expect(Set(server.requests.map(\.key)).count == 4)
    let reader = try site.site.alertsReader()
    let written = try (0..<4).map { _ in try reader.next().object["id"] as? String }
    #expect(Set(server.requests.flatMap(\.alerts).map { $0["id"] as? String }) == Set(written))
    try forwarder.endWell()
  }

  @Test("what fires when a receiver is new is told first, and nothing of the history")
  func begins() throws {
    let server = try WebServer(.status(200))
    let site = try ForwardSite(receivers: receiver("hook", server))
    let alerts = try site.site.alertsReader()
    try site.write(["old", "firing"], level: 90)
    try site.write(["old"], level: 10)
    for _ in 0..<3 { _ = try alerts.next() }
    let forwarder = try site.forward()
    #expect(server.wait { !$0.isEmpty })
    try site.write(["new"], level: 90)
    #expect(server.wait { $0.count == 2 })
    #expect(server.requests.flatMap(\.told) == ["firing critical firing", "firing critical new"])
    try forwarder.endWell()
  }

  @Test("a receiver that is away and then slow gets everything in order, and delays no other")
  func away() throws {
    let (slow, quick) = (try WebServer(.status(503)), try WebServer(.status(200)))
    let site = try ForwardSite(receivers: receiver("slow", slow) + receiver("quick", quick))
    let forwarder = try site.forward()
    for name in ["slow", "quick"] { try forwarder.waitForLine(containing: "receiver=\(name) firing=0", on: \.errors) }
    let hosts = (0..<100).map { "h\($0)" }
    let began = SystemTime().monotonic
    try site.write(hosts, level: 90)
    #expect(quick.wait { $0.count == 100 })
    #expect(SystemTime().monotonic - began < .seconds(20))
    #expect(slow.wait { $0.count >= 2 }, "\(forwarder.errors.text)")
    slow.answer(.status(200), after: .milliseconds(10))
    let failed = slow.requests.count
    try site.write(hosts, level: 10)
    #expect(slow.wait(until: soon(.seconds(120))) { $0.count >= failed + 200 })
    let told = slow.requests.dropFirst(failed).flatMap(\.told)
    #expect(told.count == 200 && Set(told).count == 200, "\(told.count) \(forwarder.errors.text)")
    let inOrder = hosts.filter { host in
      told.filter { $0.hasSuffix(" \(host)") } == ["firing critical \(host)", "resolved critical \(host)"]
    }
    #expect(inOrder == hosts)
    try forwarder.endWell()
  }

  @Test("a second process takes receivers over in the middle of being told, and nothing is repeated")
  func joins() throws {
    let server = try WebServer([.status(200)], after: .seconds(5))
    let names = (0..<8).map { "r\($0)" }
    let site = try ForwardSite(receivers: names.map { receiver($0, server) }.joined())
    let first = try site.forward("one")
    for name in names { try first.waitForLine(containing: "receiver=\(name) firing=0", on: \.errors) }
    try site.write(["a"], level: 90)
    let second = try site.forward("two")
    try first.waitForLine(containing: "partition is handed over", on: \.errors)
    #expect(server.wait { $0.count >= 8 })
    server.answer(.status(200))
    try site.write(["a"], level: 10)
    #expect(server.wait { $0.count >= 16 })
    for name in names {
      let told = server.requests.filter { $0.line.hasPrefix("POST /\(name) ") }.flatMap(\.told)
      #expect(told == ["firing critical a", "resolved critical a"], "\(name)")
    }
    for process in [first, second] { try process.endWell() }
    #expect(server.requests.count == 16)
  }

  @Test("a refused transition is given up, kept in the topic of undelivered ones, and told by a replay")
  func replay() throws {
    let server = try WebServer(.status(400, body: "no such thing"))
    let site = try ForwardSite(receivers: receiver("hook", server))
    let forwarder = try site.forward()
    try forwarder.waitForLine(containing: "a receiver is told for the first time", on: \.errors)
    try site.write(["a"], level: 90)
    try forwarder.waitForLine(containing: "will not be told of a transition", on: \.errors)
    try forwarder.endWell()
    let program = Program.path(of: "statusd-forward")
    let shown = try Program.run(["replay", "--config", site.site.file, "--print"], of: program)
    #expect(shown.status == .exited(0), "\(shown.errors)")
    #expect(shown.output.contains("firing level/a: HTTP status 400: no such thing"), "\(shown.output)")
    #expect(try Program.run(["replay", "--config", site.site.file], of: program).status == .exited(1))
    server.answer(.status(200))
    let told = try Program.run(["replay", "--config", site.site.file, "--receiver", "hook"], of: program)
    #expect(told.status == .exited(0))
    #expect(told.output.hasSuffix("firing level/a: delivered\n"), "\(told.output)")
    #expect(server.requests.last?.told == ["firing critical a"])
  }

  @Test("a test of a receiver says what comes back, and needs no broker")
  func test() throws {
    let server = try WebServer(.status(200))
    let directory = try TemporaryDirectory()
    let file = try directory.write(
      "[kafka]\nbrokers = \"127.0.0.1:1\"\n" + receiver("hook", server), to: "statusd.toml")
    let program = Program.path(of: "statusd-forward")
    let good = try Program.run(["test", "--config", file, "hook"], of: program)
    #expect(good.status == .exited(0) && good.output == "firing: delivered\nresolved: delivered\n")
    #expect(server.requests.flatMap(\.told) == ["firing warning statusd-test", "resolved warning statusd-test"])
    server.answer(.status(503))
    #expect(try Program.run(["test", "--config", file, "hook"], of: program).status == .exited(75))
    server.answer(.status(400))
    #expect(try Program.run(["test", "--config", file, "hook"], of: program).status == .exited(1))
    let unknown = try Program.run(["test", "--config", file, "hok"], of: program)
    #expect(unknown.status == .exited(64) && unknown.errors.contains("did you mean 'hook'?"))
  }

  @Test(
    "two forwarders that are killed while a group gathers send one mail with 50 alerts, and one with the rest",
    .enabled(if: MailServerProcess.isInstalled))
  func mail() throws {
    let server = try MailServerProcess()
    let site = try ForwardSite(
      receivers: """
        [[receiver]]
        name = "mail"
        group_by = ["rule"]
        group_wait = "10s"
        group_interval = "10s"
        mail = { server = "smtp://127.0.0.1:\(server.port)", from = "statusd@example.org", to = ["ops@example.org"] }

        """)
    let first = try site.forward("one")
    try first.waitForLine(containing: "a receiver is told for the first time", on: \.errors)
    let second = try site.forward("two")
    try site.write((0..<50).map { "h\($0)" }, level: 90)
    let began = SystemTime().monotonic
    let alerts = try site.site.alertsReader()
    for _ in 0..<50 { _ = try alerts.next() }
    first.signal(SIGKILL)
    second.signal(SIGKILL)
    let third = try site.forward("one")
    let mails = try server.mails(1)
    let waited = SystemTime().monotonic - began
    #expect(waited >= .seconds(9) && waited < .seconds(25), "\(waited)")
    #expect(mails[0].body.contains("50"))
    try site.write(["h50"], level: 90)
    try site.write((0..<51).map { "h\($0)" }, level: 10)
    let both = try server.mails(2)
    #expect(both.count == 2)
    #expect(both[1].headers["Subject"]?.contains("51") == true, "\(both[1].headers)")
    try third.endWell()
  }
}
