import JSON
import Platform
import Receivers
import Records

/// What a page of metrics shows: the newest numbers of every process and receiver, and the alerts that fire. Pure; its
/// owner reads the topics.
struct MetricsBook {
  /// A process that says nothing for so long isn't shown any more.
  static let silence = Duration.seconds(60)
  /// The series that counts what is left out.
  private static let leftOutName = "statusd_metrics_left_out_total"

  /// A kind of record, and how its metrics are named and labelled.
  private struct Kind {
    let prefix: String
    let metrics: [(field: String, isCounter: Bool)]

    init(_ prefix: String, _ metrics: [(String, Bool)]) {
      self.prefix = prefix
      self.metrics = metrics.map { (field: $0.0, isCounter: $0.1) }
    }

    func name(of place: Int) -> String {
      let (field, isCounter) = metrics[place]
      return "statusd_\(prefix)\(field)\(isCounter ? "_total" : "")"
    }
  }

  private static func table<Numbers>(_ metrics: [OwnMetric<Numbers>]) -> [(String, Bool)] {
    metrics.map { ($0.name, $0.kind == .counter) }
  }

  private static let kinds: [String: Kind] = [
    "self": Kind("", table(AgentNumbers.metrics) + table(EvaluatorNumbers.metrics) + table(MeterNumbers.metrics)),
    ForwarderRecord.Kind.forwarder.rawValue: Kind("", table(ForwarderNumbers.metrics)),
    ForwarderRecord.Kind.receiver.rawValue: Kind("receiver_", table(ReceiverNumbers.metrics)),
  ]

  private static let order = ["self", "forwarder", "receiver"]

  /// The names of all series but that of alerts.
  static let names = Set(kinds.values.flatMap { kind in kind.metrics.indices.map(kind.name) } + [leftOutName])

  private struct Subject {
    var kind: String
    var labels: [(name: String, value: String)]
    var values: [String: Double]
    /// When brokers had it, milliseconds since the epoch.
    var appended: Int64
  }

  private var subjects: [String: Subject] = [:]
  private var alerts: [[UInt8]: AlertIdentity] = [:]
  /// The latest append time that was seen, and when.
  private var clock: (brokers: Int64, own: MonotonicTime)?
  /// How many subjects and how many alerts there may be; further ones are left out, and counted.
  private let limit: Int
  /// Records and alerts that there was no room for.
  private var leftOut = 0

  /// - Parameter limit: how many subjects, and how many alerts, it takes.
  init(limit: Int = 100_000) { self.limit = limit }

  // MARK: Taking

  /// A record of the topic of readings.
  ///
  /// - Parameters:
  ///   - appended: its Kafka time, milliseconds since the epoch.
  ///   - now: when it was read.
  mutating func take(reading value: UnsafeRawBufferPointer, appended: Int64, now: MonotonicTime) {
    if appended > brokersTime(at: now) ?? .min { clock = (appended, now) }
    guard let (name, subject) = Self.subject(of: value, appended) else { return }
    if let before = subjects[name], before.appended > appended { return }
    if subjects[name] == nil, subjects.count >= limit {
      forget(at: now)
      if subjects.count >= limit {
        leftOut += 1
        return
      }
    }
    subjects[name] = subject
  }

  /// A record of the topic of firing alerts.
  mutating func take(alert key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?) {
    let key = key.map { Array($0) } ?? []
    guard let transition = value.flatMap({ Transition.decode($0) }), transition.status == .firing else {
      alerts[key] = nil
      return
    }
    if alerts[key] == nil, alerts.count >= limit {
      leftOut += 1
      return
    }
    alerts[key] = AlertIdentity(transition)
  }

  private func brokersTime(at now: MonotonicTime) -> Int64? {
    clock.map { $0.brokers.addingSaturating((now - $0.own).wholeMilliseconds) }
  }

  /// Subjects that have said nothing for a while are gone.
  mutating func forget(at now: MonotonicTime) {
    guard let time = brokersTime(at: now) else { return }
    let oldest = time - Self.silence.wholeMilliseconds
    subjects = subjects.filter { $0.value.appended >= oldest }
  }

  /// The subject of a record, with its numbers; nil for one of another kind, or if it can't be read.
  private static func subject(of value: UnsafeRawBufferPointer, _ appended: Int64) -> (String, Subject)? {
    var reader = Reader(value)
    guard reader.next() == .beginObject else { return nil }
    var texts: [String: String] = [:]
    var values: [String: Double] = [:]
    while reader.next() == .key {
      guard let name = reader.string else { return nil }
      switch reader.next() {
      case .string: if ["host", "kind", "instance", "receiver"].contains(name) { texts[name] = reader.string }
      case .number: values[name] = reader.double
      case .beginObject, .beginArray: if !reader.leave() { return nil }
      case .true, .false, .null: break
      default: return nil
      }
    }
    guard reader.token == .endObject, let host = texts["host"], let kind = texts["kind"], let table = kinds[kind] else {
      return nil
    }
    let fields = Set(table.metrics.map(\.field))
    let instance = texts["instance"] ?? String(host.drop { $0 != "@" }.dropFirst())
    var labels = [(name: "instance", value: instance)]
    if let receiver = texts["receiver"] { labels.append((name: "receiver", value: receiver)) }
    return (
      host, Subject(kind: kind, labels: labels, values: values.filter { fields.contains($0.key) }, appended: appended)
    )
  }

  // MARK: Showing

  /// The page.
  mutating func page(at now: MonotonicTime) -> String {
    forget(at: now)
    var page = Exposition()
    let all = subjects.sorted { $0.key < $1.key }.map(\.value)
    for kind in Self.order {
      guard let table = Self.kinds[kind] else { continue }
      let own = all.filter { $0.kind == kind }
      for place in table.metrics.indices {
        let (field, isCounter) = table.metrics[place]
        let name = table.name(of: place)
        var hasBegun = false
        for subject in own {
          guard let value = subject.values[field] else { continue }
          if !hasBegun {
            page.family(name, isCounter ? "counter" : "gauge", help: MetricHelp.texts[field] ?? field)
            hasBegun = true
          }
          page.sample(name, subject.labels, value)
        }
      }
    }
    page.family(Self.leftOutName, "counter", help: "records of processes and alerts that this page had no room for")
    page.sample(Self.leftOutName, [], Double(leftOut))
    if !alerts.isEmpty {
      page.family("statusd_alerts", "gauge", help: "an alert that fires, with the labels that Alertmanager gets")
      let shown = Set(alerts.values).map { alert in alert.labels.map { (name: $0.name, value: $0.value) } }
      for labels in shown.sorted(by: { Self.key($0) < Self.key($1) }) { page.sample("statusd_alerts", labels, 1) }
    }
    return page.text
  }

  private static func key(_ labels: [(name: String, value: String)]) -> String {
    labels.map { "\($0.name)\u{0}\($0.value)" }.joined(separator: "\u{0}")
  }
}
