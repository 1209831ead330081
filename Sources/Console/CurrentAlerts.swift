import JSON
import Platform
import Records

/// The alerts that fire now, read from the compacted topic that holds the last transition of each alert, or null once
/// it is resolved. Keeps only the values of firing alerts.
public struct CurrentAlerts {
  private var alerts: [[UInt8]: [UInt8]] = [:]
  /// The number of ignored records, which were neither transitions nor tombstones.
  public private(set) var foreign = 0

  /// A firing alert.
  public struct Alert {
    /// Its last transition.
    public var transition: Transition
    /// The transition's bytes in the topic.
    public var value: [UInt8]
  }

  /// Starts with no alerts.
  public init() {}

  /// Takes a record of the topic. Records of the same key must come in log order.
  public mutating func take(key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?) {
    guard let key else {
      foreign += 1
      return
    }
    guard let value else {
      alerts[Array(key)] = nil
      return
    }
    guard let transition = Transition.decode(value) else {
      foreign += 1
      return
    }
    alerts[Array(key)] = transition.status == .firing ? Array(value) : nil
  }

  /// The firing alerts that match all of `matches`, sorted by severity, the worst first, then by age, the oldest first.
  public func firing(matching matches: [FieldMatch] = []) -> [Alert] {
    alerts.values.compactMap { value -> Alert? in
      value.withUnsafeBytes { bytes in
        guard let transition = Transition.decode(bytes) else { return nil }
        if !matches.isEmpty {
          let record = SeenRecord(key: nil, value: bytes, kafkaTime: nil)
          guard matches.allSatisfy({ $0.covers(record) }) else { return nil }
        }
        return Alert(transition: transition, value: value)
      }
    }.sorted { a, b in
      if a.transition.severity != b.transition.severity { return a.transition.severity > b.transition.severity }
      if a.transition.since != b.transition.since { return a.transition.since < b.transition.since }
      return a.transition.key < b.transition.key
    }
  }

  /// Formats `alerts` as aligned lines for people. `now` determines how long each has fired.
  public static func lines(_ alerts: [Alert], now: WallTime, colours: Colours) -> String {
    var table = Table(rightAligned: [4])
    for alert in alerts {
      let transition = alert.transition
      table.append([
        transition.severity.name, transition.rule, transition.subject,
        "\(transition.metric) \(transition.value.shown) (limit \(transition.threshold.shown))",
        "for \((now - transition.since).roughText)", "since \(transition.since.rfc3339)",
        transition.reason.map { "[\($0.rawValue)]" } ?? "", transition.summary ?? "",
      ])
    }
    return zip(alerts, table.lines).map { alert, line in
      let severity = alert.transition.severity
      let paint: Colours.Paint = severity == .critical ? .red : .yellow
      return colours.paint(severity.name, paint) + line.dropFirst(severity.name.count) + "\n"
    }.joined()
  }
}
