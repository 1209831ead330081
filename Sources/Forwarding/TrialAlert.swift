import JSON
import Platform
import Records

/// An alert that only tries out a receiver: marked as a test, with its end.
public enum TrialAlert {
  /// Its rule, and its host.
  public static let name = "statusd-test"

  /// The notification that it fires, and the one that it has ended.
  ///
  /// - Parameters:
  ///   - definition: the receiver.
  ///   - host: the machine that sends it.
  ///   - now: the wall clock.
  public static func notifications(
    for definition: ReceiverDefinition, from host: String, now: WallTime
  ) -> (firing: ForwardNotification, resolved: ForwardNotification) {
    var firing = Transition(
      timestamp: now, status: .firing, severity: .warning, rule: name, subject: name, metric: "test", value: 1,
      threshold: 0, since: now, previous: .inactive,
      summary:
        "This is a test of the receiver \(definition.name), sent by statusd-forward on \(host). Nothing is wrong.",
      labels: [.init(name: "test", value: "true")],
      source: SourcePosition(topic: name, partition: 0, offset: now.milliseconds))
    let first = forwarded(firing, now)
    (firing.status, firing.previous) = (.resolved, .firing)
    firing.source.offset += 1
    let second = forwarded(firing, now)
    let fires = StandingAlert(first, after: nil, at: now.milliseconds)
    let ended = StandingAlert(second, after: fires, at: now.milliseconds)
    let group = definition.groupBy.map { $0.map { firing.part($0) } }
    return (
      ForwardNotification(id: hex(first.id), group: group, transitions: [first], standing: [fires]),
      ForwardNotification(id: hex(second.id), group: group, transitions: [second], standing: [ended])
    )
  }

  private static func forwarded(_ transition: Transition, _ now: WallTime) -> ForwardedTransition {
    var writer = Writer()
    transition.encode(into: &writer)
    return ForwardedTransition(
      ForwardPlace(.alerts, 0, 0), transition, kafkaTime: now.milliseconds, value: writer.bytes)
  }
}
