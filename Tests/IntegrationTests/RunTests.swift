import Foundation
import Glibc
import TestSupport
import Testing

@Suite("the life of statusd run")
struct RunTests {
  /// A daemon on brokers that aren't there, once it has started.
  private func start(
    _ directory: TemporaryDirectory, role: String = "evaluator", environment: [String: String?] = [:],
    rules: String = ""
  ) throws -> Subprocess {
    let file = try write(rules, in: directory)
    let daemon = try Program.start(["run", "--config", file, "--role", role], environment: environment)
    try daemon.waitForLine(containing: " started", on: \.errors)
    return daemon
  }

  @discardableResult
  private func write(_ rules: String, in directory: TemporaryDirectory) throws -> String {
    try directory.write("[kafka]\nbrokers = \"127.0.0.1:1\"\n" + rules, to: "statusd.toml")
  }

  @Test("SIGTERM and SIGINT end it well within 5 s where nothing is left to deliver", arguments: [SIGTERM, SIGINT])
  func ends(signal: Int32) throws {
    let daemon = try start(try TemporaryDirectory())
    let begin = Date()
    daemon.signal(signal)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
    #expect(Date().timeIntervalSince(begin) < 5)
    #expect(daemon.errors.text.contains("stopped, everything delivered"))
  }

  @Test("a configuration with a mistake ends it with status 78 and every complaint")
  func configuration() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("[kafka]\nbrokers = 1\n[agnet]\n", to: "statusd.toml")
    let (status, output, errors) = try Program.run(["run", "--config", file])
    #expect(status == .exited(78))
    #expect(output == "")
    #expect(errors.contains("statusd.toml:2:"))
    #expect(errors.contains("statusd.toml:3:"))
  }

  @Test("SIGHUP takes new rules, and refuses a bad file with every complaint while the old one stays")
  func reload() throws {
    let directory = try TemporaryDirectory()
    let daemon = try start(directory)
    let rule = "[[rule]]\nname = \"hot\"\nmetric = \"cpu_usage\"\nabove = 90\n"
    try write(rule, in: directory)
    daemon.signal(SIGHUP)
    try daemon.waitForLine(containing: "reloaded rules=1", on: \.errors)
    try write("[[rule]]\nname = \"hot\"\n[evaluator]\ngroup = 1\n", in: directory)
    daemon.signal(SIGHUP)
    try daemon.waitForLine(containing: "the old one stays in force", on: \.errors)
    let complaints = daemon.errors.lines.filter { $0.contains("the configuration has a mistake") }
    #expect(complaints.contains { $0.contains("statusd.toml:6:") })
    #expect(complaints.count >= 2)
    try write(
      "[log]\nlevel = \"debug\"\n[topics]\nalerts = \"elsewhere\"\n" + rule + rule.replacing("hot", with: "hotter"),
      in: directory)
    daemon.signal(SIGHUP)
    try daemon.waitForLine(containing: "reloaded rules=2", on: \.errors)
    #expect(daemon.errors.text.contains("only by a restart keys=topics.alerts\n"))
    daemon.signal(SIGTERM)
    try daemon.waitForExit(within: 5)
  }

  @Test("systemd hears when it is ready, reloads and stops, and its watchdog is fed")
  func notifies() throws {
    let systemd = try NotifySocket()
    let directory = try TemporaryDirectory()
    let daemon = try start(directory, environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "200000"])
    #expect(systemd.receive().hasPrefix("READY=1\nSTATUS="))
    #expect(systemd.receive { $0 == "WATCHDOG=1" } != nil)
    #expect(systemd.receive { $0 == "WATCHDOG=1" } != nil)
    daemon.signal(SIGHUP)
    let reloading = try #require(systemd.receive { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
    #expect(Int64(reloading.dropFirst("RELOADING=1\nMONOTONIC_USEC=".count)) ?? 0 > 0)
    #expect(systemd.receive { $0.hasPrefix("READY=1") } != nil)
    daemon.signal(SIGTERM)
    #expect(systemd.receive { $0.hasPrefix("STOPPING=1") } != nil)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
  }

  @Test("a watchdog of another process isn't fed")
  func othersWatchdog() throws {
    let systemd = try NotifySocket()
    let daemon = try start(
      try TemporaryDirectory(),
      environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"])
    daemon.signal(SIGTERM)
    #expect(
      systemd.receive { $0.hasPrefix("STOPPING=1") || $0.hasPrefix("WATCHDOG=1") }?.hasPrefix("STOPPING=1") == true)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
  }
}
