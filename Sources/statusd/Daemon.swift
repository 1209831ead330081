import Platform
import Settings

/// What `statusd run` is made of: services by role, the line that says how they do, and the reload.
final class Daemon {
  private let log: Logger
  private let path: String
  private let role: Settings.Role?
  private var settings: Settings
  private let services: [any Service]

  /// - Parameters:
  ///   - path: of the configuration, to read it again.
  ///   - role: from the command line; wins over the configuration, also when that is read again.
  init(settings: Settings, path: String, role: Settings.Role?, log: Logger) {
    self.log = log
    self.path = path
    self.role = role
    self.settings = settings
    services = []
  }

  /// Runs until a signal ends it.
  func run(signals: Signals) throws -> Supervision.Ending {
    let supervisor = try Supervisor(signals: signals, notifier: SystemdNotifier(), log: log)
    return try supervisor.run(services, status: { status }, reload: { reload() })
  }

  /// The line that `systemctl status` shows.
  private var status: String { "running as \(settings.run.role.rawValue)" }

  /// Takes the new rules and log level where the whole configuration is good; else nothing changes.
  private func reload() {
    guard var new = Self.load(path, log) else {
      log.error("the configuration is refused; the old one stays in force", ["file": .string(path)])
      return
    }
    if let role { new.run.role = role }
    log.level = new.log.level
    let waiting = settings.changesThatNeedRestart(to: new)
    if !waiting.isEmpty {
      log.warning("some changes are taken only by a restart", ["keys": .string(waiting.joined(separator: ", "))])
    }
    settings.log = new.log
    settings.rules = new.rules
    log.notice("reloaded", ["rules": .int(new.rules.count)])
  }

  /// The settings of the file at `path`; nil where it has a mistake. Says everything that is wrong with it.
  static func load(_ path: String, _ log: Logger) -> Settings? {
    let loaded = Settings.load(path: path)
    for complaint in loaded.complaints {
      switch complaint.weight {
      case .mistake: log.error("the configuration has a mistake", ["complaint": .string("\(complaint)")])
      case .advice: log.warning("advice on the configuration", ["complaint": .string("\(complaint)")])
      }
    }
    return loaded.settings
  }
}
