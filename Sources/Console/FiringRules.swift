import Records

/// The rules that fire for each subject.
public struct FiringRules: Sendable {
  private var rules: [[UInt8]: [(rule: String, severity: Severity)]] = [:]

  /// Of `alerts`, in their order: the worst first.
  public init(_ alerts: [CurrentAlerts.Alert] = []) {
    for alert in alerts {
      let transition = alert.transition
      rules[Array(transition.subject.utf8), default: []].append((transition.rule, transition.severity))
    }
  }

  /// The rules that fire for `subject`, the worst first.
  public subscript(subject: String) -> [(rule: String, severity: Severity)] { rules[Array(subject.utf8)] ?? [] }
}
