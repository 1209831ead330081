import Arguments
import Programs

/// The program `statusd-forward`.
enum StatusdForward: CommandSet {
  static let name = "statusd-forward"

  static let subcommands: [any Subcommand.Type] = [
    Run.self, Check.self, TestReceiver.self, Replay.self, Help<StatusdForward>.self, Version<StatusdForward>.self,
  ]

  static let program = Program(
    name: name,
    version: Program.version,
    summary: "tell people and their systems of statusd's alerts",
    description: [
      "statusd-forward reads the alerts that statusd publishes in Apache Kafka, and tells the receivers of the "
        + "configuration of them: Alertmanager, webhooks, mail, and commands. Several of them share the receivers."
    ],
    commands: subcommands.map { $0.command },
    exitStatuses: Program.exitStatuses,
    environment: [
      ("NOTIFY_SOCKET, WATCHDOG_USEC, JOURNAL_STREAM", "set by systemd for its services"),
      ("http_proxy, https_proxy, no_proxy", "the proxy of receivers with proxy = true"),
    ],
    files: [("/etc/statusd/statusd.toml", "the configuration of the service")]
  )
}
