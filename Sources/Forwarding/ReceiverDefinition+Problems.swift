import Platform
import Records

/// A mistake in one receiver, which `check` reports.
public struct ReceiverDefinitionProblem: Equatable, Sendable {
  /// The keys of the place in the receiver.
  public var path: [String]
  /// What is wrong and what to do, in one line.
  public var message: String
}

extension ReceiverDefinition {
  /// The bounds of its parts.
  public enum Bounds {
    /// How many bytes a name may have.
    public static let name = 100
    /// How many parts may group transitions.
    public static let parts = 20
    /// How long a group may gather at first.
    public static let groupWait: ClosedRange<Duration> = .zero ... .seconds(3600)
    /// And from one notification to the next.
    public static let groupInterval: ClosedRange<Duration> = .seconds(1) ... .seconds(86_400)
    /// When a transition may be given up.
    public static let giveUpAfter: ClosedRange<Duration> = .seconds(900) ... .seconds(30 * 86_400)
  }

  /// The parts of a transition beside its labels.
  private static let parts = ["severity", "host", "rule", "metric"]

  /// What is wrong with the name of a part; nil if nothing is.
  public static func problem(ofPart part: String) -> String? {
    if parts.contains(part) { return nil }
    if part.hasPrefix("labels."), part.utf8.count > "labels.".utf8.count { return nil }
    let shown = Printable.text(String(part.unicodeScalars.prefix(80)))
    let meant = suggestion(for: part, among: parts).map { "did you mean \($0)?" }
    return "a transition has no part \"\(shown)\"; "
      + (meant ?? "write \(parts.joined(separator: ", ")), or labels.NAME for a label of the rule")
  }

  /// What is wrong with the pattern for a part; nil if nothing is.
  public static func problem(ofGlob glob: String, for part: String) -> String? {
    if glob.isEmpty { return "an empty pattern matches only what is missing; write * for anything" }
    let severities = Severity.allCases.map(\.name)
    if part == "severity", !glob.contains(where: { $0 == "*" || $0 == "?" }), !severities.contains(glob) {
      return "there is no such severity; write \(severities.map { "\"\($0)\"" }.joined(separator: " or "))"
    }
    return nil
  }

  /// What is wrong with the receiver as a whole.
  ///
  /// - Parameters:
  ///   - groupKeys: the keys of times of groups that the file sets.
  ///   - isAlertmanager: whether it groups and repeats by itself.
  public func problems(groupKeys: [String], isAlertmanager: Bool) -> [ReceiverDefinitionProblem] {
    var problems: [ReceiverDefinitionProblem] = []
    let isName = (1...Bounds.name).contains(name.utf8.count) && name.hasOnlyNameBytes
    if !isName {
      problems.append(
        .init(
          path: ["name"],
          message: "a receiver's name has 1 to \(Bounds.name) letters, digits, dots, underscores and hyphens"))
    }
    if let groupBy, Set(groupBy).count < groupBy.count {
      problems.append(.init(path: ["group_by"], message: "a part is there twice; leave one of them out"))
    }
    if isAlertmanager {
      if groupBy != nil {
        problems.append(
          .init(path: ["group_by"], message: "Alertmanager groups alerts by its own route; leave this out"))
      }
      if tellsReminders {
        problems.append(.init(path: ["repeat"], message: "Alertmanager repeats by its own route; leave this out"))
      }
    }
    if groupBy == nil {
      for key in groupKeys {
        problems.append(
          .init(
            path: [key], message: "without group_by each transition is told at once; write group_by, or leave this out")
        )
      }
    }
    return problems
  }
}
