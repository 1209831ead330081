/// How serious a log line is, with syslog's names and order.
public enum LogLevel: UInt8, CaseIterable, Comparable, Sendable {
  /// Details for finding a fault in statusd.
  case debug
  /// Normal operation.
  case info
  /// A normal event that is worth a look: started, stopped, reloaded.
  case notice
  /// Something is wrong, and statusd copes.
  case warning
  /// Something is lost or refused.
  case error
  /// statusd can't go on.
  case critical

  /// The level with this name, as written in `[log] level`; nil if there is none.
  public init?(name: String) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }

  /// `debug` … `critical`.
  public var name: String {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    case .critical: "critical"
    }
  }

  /// The priority of syslog(3) and of the `<N>` prefix (sd-daemon(3)).
  var priority: UInt8 { 7 - rawValue }

  /// The level of a syslog(3) priority, as librdkafka reports it; priorities more serious than critical map to
  /// critical.
  public init(syslogPriority: Int32) {
    self =
      switch syslogPriority {
      case ...2: .critical
      case 3: .error
      case 4: .warning
      case 5: .notice
      case 6: .info
      default: .debug
      }
  }

  /// More serious is greater.
  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}
