import Platform
import Records
import Rules

/// Who is told of which transitions, and when: one `[[receiver]]` of the configuration, without how it is reached.
public struct ReceiverDefinition: Equatable, Sendable {
  /// A glob over a part of a transition.
  public struct Match: Equatable, Sendable {
    /// `severity`, `host`, `rule`, `metric`, or `labels.NAME`.
    public var part: String
    /// `*` matches any number of characters, `?` exactly one.
    public var glob: String

    /// Transitions whose `part` matches `glob`.
    public init(part: String, glob: String) {
      self.part = part
      self.glob = glob
    }
  }

  /// Its name; its state is kept under it.
  public var name: String
  /// All of these must match. Empty for every transition.
  public var match: [Match]
  /// The parts by which transitions are grouped, named as in `match`; nil if each is told by itself, at once.
  public var groupBy: [String]?
  /// How long a group gathers from its first transition on.
  public var groupWait: Duration
  /// How long it gathers from one notification to the next.
  public var groupInterval: Duration
  /// Whether reminders are told.
  public var tellsReminders: Bool
  /// A transition that is this old, and couldn't be told, is given up.
  public var giveUpAfter: Duration
  /// Whether, without `groupBy`, what comes while a notification is on its way is told together in the next one.
  public var gathersWhileBusy: Bool
  /// For a receiver that keeps alerts: how often it is told again what stands. It also gathers while it is busy. nil for
  /// others.
  public var resend: Duration?

  /// A receiver of everything, with the usual times.
  public init(name: String) {
    self.name = name
    match = []
    groupBy = nil
    groupWait = .seconds(30)
    groupInterval = .seconds(300)
    tellsReminders = false
    giveUpAfter = .seconds(86_400)
    gathersWhileBusy = false
  }

  /// The parts by which the queue gathers; nil if it gathers nothing.
  var grouping: [String]? { groupBy ?? (gathersWhileBusy || resend != nil ? [] : nil) }

  /// The longest pause after a failure: one that keeps alerts must not wait longer than it is usually told again.
  var longestPause: Duration { min(BackOff.longest, resend ?? BackOff.longest) }

  /// How long a group gathers, at first and from then on.
  var gathering: (wait: Duration, interval: Duration) { groupBy == nil ? (.zero, .zero) : (groupWait, groupInterval) }

  /// Whether it wants to hear of an alert that it doesn't know yet.
  func matches(_ transition: Transition) -> Bool {
    match.allSatisfy { match in
      var text = transition.part(match.part)
      return text.withUTF8 { Glob(match.glob).matches(UnsafeRawBufferPointer($0)) }
    }
  }

  /// The values that name the group of a transition; nil if it isn't grouped.
  public func group(of transition: Transition) -> [String]? { groupBy?.map { transition.part($0) } }

  /// The values of the group in which it gathers; nil if it doesn't gather.
  func gatheringGroup(of transition: Transition) -> [String]? { grouping?.map { transition.part($0) } }
}

extension Transition {
  /// The text of a part, as `match` and `group_by` name it; empty if there is none.
  func part(_ name: String) -> String {
    switch name {
    case "severity": severity.name
    case "host": subject
    case "rule": rule
    case "metric": metric
    default:
      name.hasPrefix("labels.") ? labels.first { $0.name == name.dropFirst("labels.".count) }?.value ?? "" : ""
    }
  }
}
