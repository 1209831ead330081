import JSON
import Records

/// What a template can ask for. Where it speaks of one alert, it is the notification's lead (`Notification.Summary`).
enum Placeholder: Equatable, Sendable {
  case id, receiver, rule, host, metric, severity, status, value, threshold, summary, reason, since, timestamp
  case count, firing, resolved
  case label(String), group(String)

  /// Those with a fixed name.
  static let names: [(name: String, placeholder: Placeholder)] = [
    ("rule", .rule), ("host", .host), ("metric", .metric), ("severity", .severity), ("status", .status),
    ("value", .value), ("threshold", .threshold), ("summary", .summary), ("reason", .reason), ("since", .since),
    ("timestamp", .timestamp), ("receiver", .receiver), ("id", .id), ("count", .count), ("firing", .firing),
    ("resolved", .resolved),
  ]

  /// The placeholder with this name; nil if there is none.
  init?(_ name: String) {
    if name.hasPrefix("labels."), name.utf8.count > 7 {
      self = .label(String(name.dropFirst(7)))
    } else if name.hasPrefix("group."), name.utf8.count > 6 {
      self = .group(String(name.dropFirst(6)))
    } else if let known = Placeholder.names.first(where: { $0.name == name }) {
      self = known.placeholder
    } else {
      return nil
    }
  }

  /// Its text; empty if the alert has no such label, summary or reason.
  func text(in notification: Notification, _ summary: Notification.Summary) -> String {
    let lead = summary.lead
    return switch self {
    case .id: notification.id
    case .receiver: notification.receiver
    case .count: "\(notification.transitions.count)"
    case .firing: "\(summary.firing)"
    case .resolved: "\(summary.resolved)"
    case .rule: lead?.rule ?? ""
    case .host: lead?.subject ?? ""
    case .metric: lead?.metric ?? ""
    case .severity: lead?.severity.name ?? ""
    case .status: lead?.status.rawValue ?? ""
    case .value: lead?.value.textOfValue ?? ""
    case .threshold: lead?.threshold.textOfLimit ?? ""
    case .summary: lead?.summary ?? ""
    case .reason: lead?.reason?.rawValue ?? ""
    case .since: lead?.since.rfc3339 ?? ""
    case .timestamp: lead?.timestamp.rfc3339 ?? ""
    case .label(let name): lead?.labels.first { $0.name == name }?.value ?? ""
    case .group(let name): notification.group?.first { $0.name == name }?.value ?? ""
    }
  }
}

/// What takes the place of a whole text in a template: a number, an object or an array.
enum WholeValue: String, CaseIterable, Sendable {
  case alerts, labels, group, value, threshold, count, firing, resolved

  /// Writes it. A number that isn't finite, or that no alert has, is `null`.
  func write(_ notification: Notification, _ summary: Notification.Summary, into writer: inout Writer) {
    switch self {
    case .alerts: notification.writeAlerts(into: &writer)
    case .group: notification.writeGroup(into: &writer)
    case .value: writer.double(summary.lead?.value ?? .nan)
    case .threshold: writer.double(summary.lead?.threshold ?? .nan)
    case .count: writer.int(Int64(notification.transitions.count))
    case .firing: writer.int(Int64(summary.firing))
    case .resolved: writer.int(Int64(summary.resolved))
    case .labels: writer.object(summary.lead?.labels ?? [])
    }
  }
}
