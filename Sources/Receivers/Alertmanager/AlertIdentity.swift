public import Records

/// Who an alert is for Alertmanager: its labels, as they are sent. A change of any label, such as the severity, makes
/// another alert there.
public struct AlertIdentity: Hashable, Sendable {
  /// Sorted by name; every name fits `[a-zA-Z_][a-zA-Z0-9_]*` and occurs once, no value is empty.
  public let labels: [Transition.Label]

  /// The labels that statusd sets.
  private static let own = ["alertname", "host", "metric", "severity"]

  /// The labels of a transition's alert: rule (as `alertname`), host, severity, metric, and those of the rule with
  /// their names mapped. Alertmanager drops empty values, so they are left out. Where names collide, statusd's own
  /// label stays, else the first by the rule's name for it.
  public init(_ transition: Transition) {
    var values = [
      "alertname": transition.rule, "host": transition.subject, "metric": transition.metric,
      "severity": transition.severity.name,
    ]
    for label in transition.labels.sorted(by: { $0.name < $1.name }) {
      let name = AlertIdentity.mapped(label.name)
      if values[name] == nil { values[name] = label.value }
    }
    labels = values.filter { !$0.value.isEmpty }.map { Transition.Label(name: $0.key, value: $0.value) }
      .sorted { $0.name < $1.name }
  }

  /// A label's name for Alertmanager: each character that it doesn't allow becomes `_`, and one is put before a digit.
  public static func mapped(_ name: String) -> String {
    var mapped = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": mapped.unicodeScalars.append(scalar)
      case "0"..."9": mapped += (mapped.isEmpty ? "_" : "") + String(scalar)
      default: mapped += "_"
      }
    }
    return mapped.isEmpty ? "_" : mapped
  }

  /// What is wrong with the names of a rule's labels for a receiver of this kind: two with the same mapped name, or one
  /// that statusd sets itself.
  public static func problems(ofLabels names: [String]) -> [ReceiverProblem] {
    var problems: [ReceiverProblem] = []
    var seen: [String: String] = [:]
    for name in names.sorted() {
      let mapped = mapped(name)
      if own.contains(mapped) {
        problems.append(
          ReceiverProblem("the label \(name) would be \(mapped) in Alertmanager, which statusd sets itself"))
      } else if let other = seen[mapped] {
        problems.append(ReceiverProblem("the labels \(other) and \(name) would both be \(mapped) in Alertmanager"))
      } else {
        seen[mapped] = name
      }
    }
    return problems
  }

  /// By bytes, as Alertmanager compares: texts that only look the same are different.
  public static func == (a: AlertIdentity, b: AlertIdentity) -> Bool { a.bytes == b.bytes }

  /// Equal for equal labels.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

  private var bytes: [UInt8] {
    var writer = BinaryWriter()
    encode(into: &writer)
    return writer.bytes
  }
}

extension AlertIdentity {
  /// Writes it for a record of state: the number of labels, then names and values.
  public func encode(into writer: inout BinaryWriter) {
    writer.count(labels.count)
    for label in labels {
      writer.text(label.name)
      writer.text(label.value)
    }
  }

  /// Reads what `encode` wrote. Throws if it is anything else.
  public init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    var labels: [Transition.Label] = []
    for _ in 0..<(try reader.count(ofSize: 2)) {
      let name = try reader.text("label")
      let value = try reader.text("label")
      let isNext = labels.last.map { $0.name < name } ?? true
      guard AlertIdentity.mapped(name) == name, isNext, !value.isEmpty else { throw .impossible("label") }
      labels.append(Transition.Label(name: name, value: value))
    }
    self.labels = labels
  }
}
