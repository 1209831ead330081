import Arguments
import Programs

/// The program `statusd`.
enum Statusd: CommandSet {
  static let name = "statusd"

  static let subcommands: [any Subcommand.Type] = [
    Run.self, Check.self, Alerts.self, Streams.self, Groups.self, Tail.self, Backtest.self, Test.self, Forget.self,
    Emit.self, Simulate.self, Demo.self, Help<Statusd>.self, Version<Statusd>.self,
  ]

  static let program = Program(
    name: name,
    version: Program.version,
    summary: "monitor machines and data streams through Apache Kafka",
    description: [
      "statusd samples this host's CPU and memory into a topic of Apache Kafka, applies rules to these samples, and "
        + "publishes an alert in the topic 'alerts' when a problem starts and when it ends. Kafka is its only database "
        + "and its only coordinator."
    ],
    commands: subcommands.map { $0.command },
    exitStatuses: Program.exitStatuses,
    environment: [
      ("NO_COLOR", "if it is set and not empty, output has no colours"),
      ("NOTIFY_SOCKET, WATCHDOG_USEC, JOURNAL_STREAM", "set by systemd for its services"),
    ],
    files: [("/etc/statusd/statusd.toml", "the configuration of the service")]
  )
}
