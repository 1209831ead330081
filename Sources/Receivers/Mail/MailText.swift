import Platform
import Records

/// What a mail says, for a person at night. Control characters and direction marks of all texts are escaped.
enum MailText {
  /// Up to this many transitions are told in full; of more, each has one line.
  static let maxInFull = 20
  /// Lines of a digest; the others are only counted.
  static let maxLines = 500

  /// `[critical] cpu-high on db-1`, or `[critical] 3 firing, 1 resolved: rule=cpu-high`.
  static func subject(of notification: Notification) -> String {
    let summary = notification.summary
    guard let lead = summary.lead else { return "nothing" }
    let what: String
    if summary.firing + summary.resolved == 1 {
      what = "\(shown(lead.rule, 100)) on \(shown(lead.subject, 60))"
    } else {
      let group = notification.group?.map { "\(shown($0.name, 40))=\(shown($0.value, 60))" }.joined(separator: ", ")
      what = counts(summary.firing, summary.resolved) + (group.map { $0.isEmpty ? "" : ": \($0)" } ?? "")
    }
    return String("[\(lead.status == .firing ? lead.severity.name : "resolved")] \(what)".prefix(200))
  }

  /// The body, with `\n` at the ends of lines.
  static func body(of notification: Notification) -> String {
    let summary = notification.summary
    let transitions = notification.transitions.map(\.transition)
    var text = ""
    if transitions.count > 1 { text += counts(summary.firing, summary.resolved) + "\n\n" }
    if transitions.count <= maxInFull {
      text += transitions.map(full).joined(separator: "\n")
    } else {
      text += byRule(transitions) + "\n"
      for transition in transitions.prefix(maxLines) { text += line(transition) + "\n" }
      if transitions.count > maxLines { text += "… and \(transitions.count - maxLines) more\n" }
    }
    return text + "\n-- \nstatusd, to \(shown(notification.receiver, 100))\n"
  }

  private static func counts(_ firing: Int, _ resolved: Int) -> String {
    let parts = [(firing, "firing"), (resolved, "resolved")].filter { $0.0 > 0 }
    return parts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }

  /// One transition, with everything that helps.
  private static func full(_ transition: Transition) -> String {
    var lines = ["\(state(transition)): \(shown(transition.rule, 100)) on \(shown(transition.subject, 255))"]
    if let summary = transition.summary, !summary.isEmpty { lines.append("  \(shown(summary, 1000))") }
    lines.append(
      "  \(shown(transition.metric, 255)) is \(transition.value.textOfValue), the limit is "
        + transition.threshold.textOfLimit + (transition.reason.map { " (\($0.rawValue))" } ?? ""))
    lines.append("  since \(time(transition.since)), told at \(time(transition.timestamp))")
    if let number = transition.repeat { lines.append("  reminder \(number)") }
    if !transition.labels.isEmpty {
      let labels = transition.labels.prefix(32).map { "\(shown($0.name, 100))=\(shown($0.value, 200))" }
      lines.append("  " + labels.joined(separator: ", "))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One transition on one line.
  private static func line(_ transition: Transition) -> String {
    let values = "\(transition.value.textOfValue), limit \(transition.threshold.textOfLimit)"
    return "\(time(transition.timestamp)) \(state(transition)): \(shown(transition.rule, 60)) on "
      + "\(shown(transition.subject, 60)) (\(values)) since \(time(transition.since))"
  }

  /// `cpu-high: 30 firing, 2 resolved`, a line for each rule, in the order of their first transitions.
  private static func byRule(_ transitions: [Transition]) -> String {
    var order: [String] = []
    var counted: [String: (firing: Int, resolved: Int)] = [:]
    for transition in transitions {
      if counted[transition.rule] == nil { order.append(transition.rule) }
      var count = counted[transition.rule] ?? (0, 0)
      if transition.status == .firing { count.firing += 1 } else { count.resolved += 1 }
      counted[transition.rule] = count
    }
    var text = ""
    for rule in order.prefix(50) {
      let count = counted[rule] ?? (0, 0)
      text += "\(shown(rule, 100)): \(counts(count.firing, count.resolved))\n"
    }
    return order.count > 50 ? text + "… and \(order.count - 50) more rules\n" : text
  }

  private static func state(_ transition: Transition) -> String {
    transition.status == .firing ? "FIRING (\(transition.severity.name))" : "resolved (was \(transition.severity.name))"
  }

  /// `2026-11-30 14:54:04 UTC`
  private static func time(_ time: WallTime) -> String {
    let text = time.rfc3339
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
  }

  /// `text` on one line, at most `limit` characters of it.
  private static func shown(_ text: String, _ limit: Int) -> String {
    let cut =
      text.unicodeScalars.count > limit
      ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) + "…" : text
    return Printable.text(cut)
  }
}
