import JSON
import Platform
import Records

/// What fires now, from the records of the topic that says so: the last transition of each alert, null once it is
/// resolved. Keeps the value of each alert that fires, and nothing of the others.
public struct CurrentAlerts {
  private var alerts: [[UInt8]: [UInt8]] = [:]
  /// How many records were neither transitions nor tombstones; they are left out.
  public private(set) var foreign = 0

  /// One alert that fires.
  public struct Alert {
    /// Its last transition.
    public var transition: Transition
    /// The same, as it stands in the topic.
    public var value: [UInt8]
  }

  /// Nothing read yet.
  public init() {}

  /// A record of the topic, each key's in the order of the log.
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

  /// What fires and is covered by all of `matches`: the worst first, of equal severity what has fired longest.
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

  /// `alerts` as lines for people, aligned; `now` tells for how long each has fired.
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
