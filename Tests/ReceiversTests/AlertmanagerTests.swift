import Foundation
import Platform
import Records
import TestSupport
import Testing

@testable import Receivers

@Suite("Alertmanager", .waits)
struct AlertmanagerTests {
  private let now = WallTime(milliseconds: 1_795_176_100_000)

  private func labels(_ identity: AlertIdentity) -> [String] { identity.labels.map { "\($0.name)=\($0.value)" } }

  @Test("an alert's labels are rule, host, metric, severity and those of the rule, with their names mapped")
  func identity() {
    let identity = AlertIdentity(
      transition(labels: [("team-a", "infra"), ("2nd", "x"), ("déjà", "vu"), ("empty", ""), ("", "none")]))
    #expect(
      labels(identity) == [
        "_=none", "_2nd=x", "alertname=cpu-high", "d_j_=vu", "host=web-1", "metric=cpu_usage", "severity=critical",
        "team_a=infra",
      ])
    #expect(AlertIdentity.problems(ofLabels: ["team-a", "2nd", "déjà", "empty"]).isEmpty)
  }

  @Test("names that collide are problems for check, and still make one label")
  func collisions() {
    let names = ["team.a", "team-a", "severity", "team_a", "host", "alertname", "Host"]
    #expect(
      AlertIdentity.problems(ofLabels: names).map(\.message) == [
        "the label alertname would be alertname in Alertmanager, which statusd sets itself",
        "the label host would be host in Alertmanager, which statusd sets itself",
        "the label severity would be severity in Alertmanager, which statusd sets itself",
        "the labels team-a and team.a would both be team_a in Alertmanager",
        "the labels team-a and team_a would both be team_a in Alertmanager",
      ])
    let identity = AlertIdentity(transition(labels: names.map { ($0, "v-\($0)") }))
    #expect(
      labels(identity) == [
        "Host=v-Host", "alertname=cpu-high", "host=web-1", "metric=cpu_usage", "severity=critical", "team_a=v-team-a",
      ])
  }

  @Test("an identity reads back from a record of state; damaged ones are noticed")
  func state() throws {
    for odd in hostileTexts {
      let identity = AlertIdentity(transition(host: odd, labels: [("a", odd), (odd, "x")]))
      var writer = BinaryWriter()
      identity.encode(into: &writer)
      let read = try writer.bytes.withUnsafeBytes { bytes in
        var reader = BinaryReader(bytes)
        let read = try AlertIdentity(from: &reader)
        try reader.end()
        return read
      }
      #expect(read == identity)
      #expect(read.hashValue == identity.hashValue)
      for cut in 0..<min(writer.bytes.count, 60) {
        writer.bytes.prefix(cut).withUnsafeBytes { bytes in
          var reader = BinaryReader(bytes)
          #expect(throws: ChangelogProblem.self) { _ = try AlertIdentity(from: &reader) }
        }
      }
    }
    for damaged in [[1, 1, 0x2D, 1, 0x78], [1, 1, 0x61, 0], [2, 1, 0x61, 1, 0x78, 1, 0x61, 1, 0x78]] as [[UInt8]] {
      damaged.withUnsafeBytes { bytes in
        var reader = BinaryReader(bytes)
        #expect(throws: ChangelogProblem.self) { _ = try AlertIdentity(from: &reader) }
      }
    }
  }

  @Test("times suit both clocks: an alert that fires ends in both futures, one that ended in both pasts")
  func times() {
    let identity = AlertIdentity(transition())
    let early = now + .seconds(-60)
    for ahead in [Duration.zero, .seconds(3600), .seconds(-3600)] {
      let clocks = AlertmanagerAlert.Clocks(now: now, ahead: ahead)
      let (first, last) = (min(now, now + ahead), max(now, now + ahead))
      for since in [early, now + .seconds(7200)] {
        let firing = AlertmanagerAlert.firing(
          identity, annotations: [], since: since, clocks: clocks, resend: .seconds(60))
        #expect(firing.startsAt == min(since, first))
        #expect(firing.endsAt == last + .seconds(240))
        let ended = AlertmanagerAlert.ended(identity, annotations: [], since: since, clocks: clocks)
        #expect(ended.endsAt == first + .seconds(-1))
        #expect(ended.startsAt == min(since, ended.endsAt))
      }
    }
    let extreme = AlertmanagerAlert.firing(
      identity, annotations: [], since: WallTime(milliseconds: .min),
      clocks: .init(now: WallTime(milliseconds: .max), ahead: .seconds(9e18)), resend: .seconds(60))
    #expect(extreme.endsAt == WallTime(milliseconds: .max))
  }

  @Test("posts the alerts, and tells how far the other clock is ahead")
  func posts() throws {
    let server = try WebServer(
      .status(200, headers: ["Date: Fri, 20 Nov 2026 12:02:00 GMT"]), .status(200), .status(400, body: "x"))
    let options = try AlertmanagerChannel.Options(address: try WebAddress(server.address("/prefix/")))
    let channel = try AlertmanagerChannel(options, stop: StopSignal(StopSource().token), time: ManualTime(wall: now))
    let transition = transition()
    let alert = AlertmanagerAlert.firing(
      AlertIdentity(transition), annotations: AlertmanagerAlert.annotations(of: transition), since: transition.since,
      clocks: .init(now: now), resend: .seconds(60))
    let answer = channel.send([alert])
    #expect(answer == .init(outcome: .delivered(), ahead: .seconds(20)))
    let request = try #require(server.requests.first)
    #expect(request.line == "POST /prefix/api/v2/alerts HTTP/1.1")
    #expect(
      text(request.body)
        == #"[{"labels":{"alertname":"cpu-high","host":"web-1","metric":"cpu_usage","severity":"critical","team":"infra"},"#
        + #""annotations":{"since":"2026-11-20T12:00:00.000Z","summary":"CPU of web-1 at 97.1% (limit 90)","#
        + #""threshold":"90","value":"97.1"},"startsAt":"2026-11-20T12:00:00.000Z","endsAt":"2026-11-20T12:05:40.000Z"}]"#
    )
    #expect(channel.send([]) == .init(outcome: .delivered(), ahead: nil))
    #expect(channel.send([alert]) == .init(outcome: .refused(reason: "HTTP status 400"), ahead: nil))
    #expect(throws: ReceiverProblem.self) {
      _ = try AlertmanagerChannel.Options(address: try WebAddress("http://127.0.0.1/?a=b"))
    }
  }

  @Test("labels and annotations keep hostile texts, in JSON that reads back")
  func hostile() throws {
    let server = try WebServer(.status(200))
    let options = try AlertmanagerChannel.Options(address: try WebAddress(server.address()))
    let channel = try AlertmanagerChannel(options, stop: StopSignal(StopSource().token))
    let transitions = hostileTexts.map { transition(rule: $0, host: $0, summary: $0, labels: [("a", $0), ($0, "x")]) }
    let alerts = transitions.map {
      AlertmanagerAlert.ended(
        AlertIdentity($0), annotations: AlertmanagerAlert.annotations(of: $0), since: $0.since, clocks: .init(now: now))
    }
    #expect(channel.send(alerts).outcome == .delivered())
    let body = Data(try #require(server.requests.first?.body))
    let read = try #require(try JSONSerialization.jsonObject(with: body) as? [[String: Any]])
    #expect(read.count == hostileTexts.count)
    for (odd, alert) in zip(hostileTexts, read) {
      let labels = try #require(alert["labels"] as? [String: String])
      #expect(labels.keys.allSatisfy { $0.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil })
      for name in ["alertname", "host", "a"] {
        #expect(Array((labels[name] ?? "").unicodeScalars) == Array(odd.unicodeScalars))
      }
      let summary = (alert["annotations"] as? [String: String])?["summary"]
      #expect(Array((summary ?? "").unicodeScalars) == Array(odd.unicodeScalars))
    }
  }

  @Test("texts that only look the same make different alerts")
  func lookalikes() {
    let (one, other) = (AlertIdentity(transition(host: "\u{e9}")), AlertIdentity(transition(host: "e\u{301}")))
    #expect(one != other)
    #expect(notification([transition(host: "\u{e9}"), transition(host: "e\u{301}")]).summary.firing == 2)
  }

  @Test("a real Alertmanager shows an alert, its change of severity and its end", .enabled(if: alertmanager != nil))
  func real() throws {
    let folder = try TemporaryDirectory()
    let file = try folder.write("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n", to: "am.yml")
    let child = try Subprocess(
      try #require(alertmanager),
      [
        "--config.file=\(file)", "--storage.path=\(folder.path)/data", "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
      ])
    let line = try child.waitForLine(containing: "address=127.0.0.1:", on: \.errors)
    let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0.prefix { $0.isNumber }) })
    let options = try AlertmanagerChannel.Options(address: try WebAddress("http://127.0.0.1:\(port)"))
    let channel = try AlertmanagerChannel(options, stop: StopSignal(StopSource().token))
    var ahead = Duration.zero
    func send(_ transition: Transition, fires: Bool) {
      let clocks = AlertmanagerAlert.Clocks(now: SystemTime().wall, ahead: ahead)
      let (identity, words) = (AlertIdentity(transition), AlertmanagerAlert.annotations(of: transition))
      let answer = channel.send([
        fires
          ? .firing(identity, annotations: words, since: transition.since, clocks: clocks, resend: .seconds(60))
          : .ended(identity, annotations: words, since: transition.since, clocks: clocks)
      ])
      #expect(answer.outcome == .delivered())
      #expect(answer.ahead != nil)
      ahead = answer.ahead ?? ahead
    }
    var warning = transition(severity: .warning)
    warning.since = SystemTime().wall + .seconds(-5)
    var critical = warning
    critical.severity = .critical
    send(warning, fires: true)
    #expect(try severities(port) == ["warning"])
    send(warning, fires: false)
    send(critical, fires: true)
    #expect(try severities(port) == ["critical"])
    send(critical, fires: false)
    #expect(try severities(port) == [])
    for odd in hostileTexts {
      send(transition(host: odd, summary: odd, labels: [("a", odd), (odd, "x")]), fires: true)
    }
    #expect(try severities(port).count == Set(hostileTexts).count)
  }

  /// The severities of the alerts that Alertmanager shows.
  private func severities(_ port: UInt16) throws -> [String] {
    let connection = try #require(TestConnection(to: port))
    connection.write("GET /api/v2/alerts HTTP/1.0\r\n\r\n")
    while let line = connection.line(), !line.isEmpty {}
    let alerts = try JSONSerialization.jsonObject(with: Data(connection.rest())) as? [[String: Any]]
    return try #require(alerts).compactMap { ($0["labels"] as? [String: String])?["severity"] }
  }
}

/// Debian's program; nil if it isn't installed.
private let alertmanager = ["/usr/bin/prometheus-alertmanager"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}
