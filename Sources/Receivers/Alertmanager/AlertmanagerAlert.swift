import JSON
public import Platform
public import Records

/// An alert in Alertmanager's API (version 2, `postableAlert`).
public struct AlertmanagerAlert: Equatable, Sendable {
  /// Its labels.
  public let identity: AlertIdentity
  /// What people read. Alertmanager keeps those of the last request.
  public let annotations: [Transition.Label]
  /// When it began; never in Alertmanager's future.
  public let startsAt: WallTime
  /// When it ends, or ended; never before `startsAt`.
  public let endsAt: WallTime

  /// Our clock, and how far Alertmanager's was ahead of it in its last answer (negative if behind; zero if unknown).
  public struct Clocks: Sendable {
    /// Our clock now.
    public var now: WallTime
    /// Alertmanager's minus ours.
    public var ahead: Duration

    /// These clocks.
    public init(now: WallTime, ahead: Duration = .zero) {
      self.now = now
      self.ahead = ahead
    }

    var earlier: WallTime { min(now, now + ahead) }
    var later: WallTime { max(now, now + ahead) }
  }

  /// An alert that fires. It ends four times `resend` from now by the later clock unless it is sent again, so that
  /// Alertmanager notices a sender that died.
  ///
  /// - Parameter since: when the alert began to fire, whatever its severity was then.
  public static func firing(
    _ identity: AlertIdentity, annotations: [Transition.Label], since: WallTime, clocks: Clocks, resend: Duration
  ) -> AlertmanagerAlert {
    let start = min(since, clocks.earlier)
    return AlertmanagerAlert(
      identity: identity, annotations: annotations, startsAt: start, endsAt: max(start, clocks.later + resend * 4))
  }

  /// An alert that has ended, at the latest a second ago by the earlier clock, since `Date` has whole seconds. With an end
  /// in its future, Alertmanager would show it as firing until then.
  ///
  /// - Parameter time: when it ended; nil for just now.
  public static func ended(
    _ identity: AlertIdentity, annotations: [Transition.Label], since: WallTime, at time: WallTime? = nil,
    clocks: Clocks
  ) -> AlertmanagerAlert {
    let latest = clocks.earlier + .seconds(-1)
    let end = min(time ?? latest, latest)
    let start = min(since, end)
    return AlertmanagerAlert(identity: identity, annotations: annotations, startsAt: start, endsAt: end)
  }

  /// `summary` (if there is one), `value`, `threshold` and `since` of a transition.
  public static func annotations(of transition: Transition) -> [Transition.Label] {
    var annotations = [
      Transition.Label(name: "since", value: transition.since.rfc3339),
      Transition.Label(name: "threshold", value: transition.threshold.textOfLimit),
      Transition.Label(name: "value", value: transition.value.textOfValue),
    ]
    if let summary = transition.summary, !summary.isEmpty {
      annotations.insert(Transition.Label(name: "summary", value: summary), at: 1)
    }
    return annotations
  }

  /// Writes it as JSON.
  func encode(into writer: inout Writer) {
    writer.beginObject()
    writer.key("labels")
    writer.object(identity.labels)
    writer.key("annotations")
    writer.object(annotations)
    writer.key("startsAt")
    writer.time(startsAt)
    writer.key("endsAt")
    writer.time(endsAt)
    writer.endObject()
  }
}
