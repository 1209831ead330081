import Foundation
import Glibc
import Platform
import TestSupport
import Testing

/// Debian's Alertmanager, with a webhook behind it.
final class AlertmanagerProcess {
  static let path = ["/usr/bin/prometheus-alertmanager"].first { FileManager.default.isExecutableFile(atPath: $0) }

  let port: UInt16
  let hook: WebServer
  fileprivate let directory: TemporaryDirectory
  private var child: Subprocess?

  init() throws {
    directory = try TemporaryDirectory()
    hook = try WebServer(.status(200))
    // A free port: nobody else takes it in the short time until it is used.
    port = try TestServer { _ in }.port
    try directory.write(
      """
      route:
        receiver: hook
        group_by: ["..."]
        group_wait: 0s
        group_interval: 4s
        repeat_interval: 1h
      receivers:
        - name: hook
          webhook_configs:
            - url: "\(hook.address())"
              send_resolved: true
      """, to: "alertmanager.yml")
    try start()
  }

  func start() throws {
    child = try Subprocess(
      try #require(Self.path),
      [
        "--config.file=\(directory.path)/alertmanager.yml", "--storage.path=\(directory.path)/data",
        "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=", "--data.maintenance-interval=500ms",
      ])
    try child?.waitForLine(containing: "Listening on", on: \.errors)
  }

  func kill() throws {
    child?.signal(SIGKILL)
    try child?.waitForExit()
  }

  /// The severities that fire, by its API.
  func firing() throws -> [String] {
    let connection = try #require(TestConnection(to: port))
    connection.write("GET /api/v2/alerts HTTP/1.0\r\n\r\n")
    while let line = connection.line(), !line.isEmpty {}
    let list = try JSONSerialization.jsonObject(with: Data(connection.rest())) as? [[String: Any]] ?? []
    return list.compactMap { ($0["labels"] as? [String: String])?["severity"] }.sorted()
  }

  func waitUntilFiring(_ severities: [String]) throws { try lookUntil { try firing() == severities } }

  /// What the webhook behind it was told: status and severity.
  var told: [String] {
    hook.requests.flatMap(\.alerts).map { alert in
      "\(alert["status"] ?? "") \((alert["labels"] as? [String: String])?["severity"] ?? "")"
    }
  }
}

@Suite(
  "statusd-forward and Alertmanager", .waits, .needsKafka, .enabled(if: AlertmanagerProcess.path != nil))
struct ForwardAlertmanagerTests {
  private func site(_ alertmanager: AlertmanagerProcess) throws -> ForwardSite {
    try ForwardSite(
      receivers: "[[receiver]]\nname = \"am\"\nalertmanager = { url = \"http://127.0.0.1:\(alertmanager.port)\", "
        + "resend = \"1s\" }\n")
  }

  @Test("it shows each severity while it is the alert's, and nothing after the end")
  func severities() throws {
    let alertmanager = try AlertmanagerProcess()
    let site = try site(alertmanager)
    let forwarder = try site.forward()
    try forwarder.waitForLine(containing: "a receiver is told for the first time", on: \.errors)
    for (level, severities) in [(60.0, ["warning"]), (90, ["critical"]), (60, ["warning"]), (10, [])] {
      try site.write(["a"], level: level)
      try alertmanager.waitUntilFiring(severities)
    }
    try forwarder.endWell()
  }

  @Test("an end that it forgets is told again: the receiver behind it sees one firing and one end")
  func forgets() throws {
    let alertmanager = try AlertmanagerProcess()
    let site = try site(alertmanager)
    let forwarder = try site.forward()
    try forwarder.waitForLine(containing: "a receiver is told for the first time", on: \.errors)
    try site.write(["a"], level: 90)
    try alertmanager.waitUntilFiring(["critical"])
    try lookUntil { alertmanager.told == ["firing critical"] }
    // What it has told others must be on its disk.
    try lookUntil { alertmanager.nflogIsWritten }
    try site.write(["a"], level: 10)
    try alertmanager.waitUntilFiring([])
    try alertmanager.kill()
    #expect(alertmanager.told == ["firing critical"])
    try alertmanager.start()
    try lookUntil { alertmanager.told.contains("resolved critical") }
    #expect(alertmanager.told == ["firing critical", "resolved critical"])
    #expect(try alertmanager.firing().isEmpty)
    try forwarder.endWell()
  }
}

extension AlertmanagerProcess {
  /// Whether it has written down whom it has told.
  fileprivate var nflogIsWritten: Bool {
    let size = try? FileManager.default.attributesOfItem(atPath: "\(directory.path)/data/nflog")[.size] as? Int
    return (size ?? 0) > 0
  }
}
