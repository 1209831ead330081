import Foundation
import Glibc
import Platform
import TestSupport

/// The statusd and the statusd-forward of one test: an evaluator with a rule, and receivers.
final class ForwardSite {
  let site: Site
  private let writer: TopicWriter
  private var evaluator: Subprocess?
  /// What is written next is a millisecond later each.
  private var time = Site.now

  /// Starts an evaluator, whose alerts `level` fire above 50 as a warning and above 80 as critical.
  ///
  /// - Parameter receivers: the tables `[[receiver]]`.
  init(receivers: String) throws {
    site = try Site.withState()
    site.extra["topics"]?.append(
      "\nforward = \"\(uniqueName("forward"))\"\nundelivered = \"\(uniqueName("undelivered"))\"")
    try site.configure(
      rules: "[forward]\ngroup = \"\(uniqueName("forwarders"))\"\n[[rule]]\nname = \"level\"\nmetric = \"level\"\n"
        + "above = { warning = 50, critical = 80 }\nlabels = { team = \"infra\" }\n\(receivers)")
    writer = try site.writer()
    evaluator = try site.runEvaluator()
  }

  /// Starts a forwarder under this name, and waits until it is in the group.
  func forward(_ instance: String = "one") throws -> Subprocess {
    let forwarder = try Program.start(
      ["run", "--config", try file(for: instance)], of: Program.path(of: "statusd-forward"))
    try forwarder.waitForLine(containing: "started", on: \.errors)
    return forwarder
  }

  /// The configuration of a process of this name.
  func file(for instance: String) throws -> String {
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    return try site.directory.write(
      text.replacingOccurrences(of: "[run]\n", with: "[run]\ninstance = \"\(instance)\"\n"), to: "\(instance).toml")
  }

  /// Kills the evaluator and starts another one in its place.
  func restartEvaluator() throws {
    evaluator?.signal(SIGKILL)
    try evaluator?.waitForExit()
    evaluator = try site.runEvaluator()
  }

  /// All transitions in the topic.
  func transitions() throws -> [[String: Any]] { try site.alertsReader().readToEnd().map { try $0.object } }

  /// Writes a status record for each host.
  func write(_ hosts: [String], level: Double) throws {
    for host in hosts {
      time = max(time + 1, Site.now)
      try writer.write(Site.record(host, level: level, at: time), key: host, to: site.status)
    }
    try writer.flush()
  }
}

extension WebServer.Request {
  /// The transitions that a webhook got without a template: status, severity and host of each.
  var told: [String] {
    alerts.map { "\($0["status"] ?? "") \($0["severity"] ?? "") \($0["host"] ?? "")" }
  }

  /// The transitions.
  var alerts: [[String: Any]] {
    let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    return object?["alerts"] as? [[String: Any]] ?? []
  }

  /// The id of the notification.
  var key: String { header("Idempotency-Key") ?? "" }
}
