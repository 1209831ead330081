import Forwarding
import Platform
import Receivers
import Records
import Synchronization

/// The way to an Alertmanager: it is told what stands, each time for all alerts that a notification is about.
final class AlertmanagerWay: ForwardChannel {
  private let channel: AlertmanagerChannel
  private let resend: Duration
  private let time: any TimeSource
  /// How far Alertmanager's clock was ahead in its last answer.
  private let ahead = Mutex(Duration.zero)

  init(_ channel: AlertmanagerChannel, resend: Duration, time: any TimeSource = SystemTime()) {
    self.channel = channel
    self.resend = resend
    self.time = time
  }

  /// One request.
  func send(_ notification: ForwardNotification) -> ForwardOutcome {
    let clocks = AlertmanagerAlert.Clocks(now: time.wall, ahead: ahead.withLock { $0 })
    let answer = channel.send(Self.alerts(of: notification.standing, clocks: clocks, resend: resend))
    if let ahead = answer.ahead { self.ahead.withLock { $0 = ahead } }
    return ForwardOutcome(answer.outcome)
  }

  /// The alerts for what stands. Labels that become the same there are one alert, which fires if one of them does.
  static func alerts(
    of standing: [StandingAlert], clocks: AlertmanagerAlert.Clocks, resend: Duration
  ) -> [AlertmanagerAlert] {
    var alerts: [AlertIdentity: AlertmanagerAlert] = [:]
    var order: [AlertIdentity] = []
    func add(_ alert: AlertmanagerAlert) {
      if alerts[alert.identity] == nil { order.append(alert.identity) }
      alerts[alert.identity] = alert
    }
    for alert in standing {
      for face in alert.ended {
        guard let transition = decode(face.value) else { continue }
        add(
          .ended(
            AlertIdentity(transition), annotations: AlertmanagerAlert.annotations(of: transition),
            since: WallTime(milliseconds: face.since), at: WallTime(milliseconds: face.at), clocks: clocks))
      }
    }
    for alert in standing {
      guard let transition = alert.firing.flatMap({ decode($0) }) else { continue }
      add(
        .firing(
          AlertIdentity(transition), annotations: AlertmanagerAlert.annotations(of: transition),
          since: WallTime(milliseconds: alert.since), clocks: clocks, resend: resend))
    }
    return order.compactMap { alerts[$0] }
  }

  private static func decode(_ value: [UInt8]) -> Transition? { value.withUnsafeBytes { Transition.decode($0) } }
}
