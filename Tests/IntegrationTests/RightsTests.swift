import Foundation
import Glibc
import TestSupport
import Testing

/// On a broker that grants nothing by itself.
@Suite("Rights", .waits, .needsKafka)
struct RightsTests {
  private let directory: TemporaryDirectory
  private let server: WebServer
  private let broker: Broker
  private let logins: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try WebServer(.status(200))
    (broker, logins) = try Broker.start(withLoginsOf: ["statusd", "statusd-forward"])
  }

  /// Starts a program with the user of its own name.
  private func start(_ program: String) throws -> Subprocess {
    let file = try directory.write(
      """
      [kafka]
      brokers = "\(logins)"
      sasl = { mechanism = "PLAIN", username = "\(program)", password = "secret" }
      [kafka.properties]
      "session.timeout.ms" = 6000
      [[stream]]
      name = "monitor"
      topics = ["monitor_topic"]
      [[rule]]
      name = "up"
      metric = "uptime_seconds"
      above = { critical = 0 }
      [[receiver]]
      name = "hook"
      webhook = { url = "\(server.address())" }
      """, to: "\(program).toml")
    return try Program.start(["run", "--config", file], of: Program.path(of: program))
  }

  private func run(acls arguments: [String]) throws { try broker.run(tool: "kafka-acls", ["--force"] + arguments) }

  /// The arguments of the commands in docs/configuration.md.
  private func documented() throws -> [[String]] {
    let text = try String(contentsOfFile: packageRoot + "/docs/configuration.md", encoding: .utf8)
    return text.split(separator: "\n").filter { $0.hasPrefix("    kafka-acls.sh --bootstrap-server BROKERS ") }.map {
      $0.split(separator: " ").dropFirst(3).map(String.init)
    }
  }

  @Test("without rights both programs name the commands that grant them; those of the documentation are enough")
  func granted() throws {
    for program in ["statusd", "statusd-forward"] {
      let process = try start(program)
      try process.waitForLine(containing: "--allow-principal User:\(program) --operation ", on: \.errors)
      try process.endWell()
    }
    let commands = try documented()
    #expect(commands.count == 6)
    for command in commands { try run(acls: command) }
    let programs = try ["statusd", "statusd-forward"].map(start)
    #expect(server.wait { !$0.isEmpty })
    // Both write their own numbers, which a meter and a rule may be about.
    let reader = try TopicReader("statusd-readings", on: broker.address)
    for prefix in ["statusd@", "statusd-forward@", "receiver/"] {
      _ = try reader.next { $0.key?.hasPrefix(prefix) == true }
    }
    for program in programs {
      try program.endWell()
      #expect(!program.errors.lines.contains { $0.contains("AUTHORIZATION") }, "\(program.errors.text)")
    }
    // Records of the changelog don't come, without an answer to any question that says so.
    try run(acls: [
      "--add", "--deny-principal", "User:statusd", "--operation", "Read", "--topic", "statusd-changelog",
    ])
    let blind = try start("statusd")
    try blind.waitForLine(containing: "lacks the right Read on topic statusd-changelog", on: \.errors)
    try blind.endWell()
  }
}
