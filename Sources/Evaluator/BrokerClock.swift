import Platform

/// The brokers' clock as a meter knows it: from the append times of its own records. Its own wall clock counts for
/// nothing; its monotonic clock tells how much time has passed since.
package struct BrokerClock {
  /// How far a broker's clock may leap ahead before nobody believes it at once.
  static let greatestLeap: Int64 = 5000
  /// For how long it must say the same before it is believed.
  static let patience = Duration.seconds(30)

  /// The greatest time that is believed, milliseconds since the epoch; nil before the first one. It never falls.
  private(set) var time: Int64?
  /// When the delivery began whose record was appended at `time`.
  private var began = MonotonicTime(nanoseconds: 0)
  /// When its record was known to be appended.
  private var told = MonotonicTime(nanoseconds: 0)
  /// Since when the brokers' times are far ahead; nil if they aren't.
  private var leapsSince: MonotonicTime?

  /// A record of a delivery that began at `began` was appended at `appended`.
  mutating func tick(_ appended: WallTime, began: MonotonicTime, now: MonotonicTime) {
    let appended = min(appended, .latest).milliseconds
    if let time, let latest = latest(at: now) {
      if appended <= time {
        leapsSince = nil
        return
      }
      if appended > latest + Self.greatestLeap {
        let since = leapsSince ?? now
        leapsSince = since
        if now - since < Self.patience { return }
      }
    }
    leapsSince = nil
    time = appended
    (self.began, told) = (began, now)
  }

  /// It is this time at the brokers, or a little later; nil if nothing is known yet.
  func earliest(at now: MonotonicTime) -> Int64? {
    time.map { $0 + max(.zero, now - told).wholeMilliseconds }
  }

  /// No record that has been read by `now` was appended later than this; nil if nothing is known yet.
  func latest(at now: MonotonicTime) -> Int64? {
    time.map { $0 + (now - began).wholeNanoseconds / 1_000_000 }
  }

  /// When a delivery should begin so that its record is appended at `time` or a little later. Until it is appended, a
  /// delivery takes a few milliseconds, but not always as many.
  func moment(of time: Int64) -> MonotonicTime? {
    self.time.map { began + .milliseconds(max(0, time - $0)) + .milliseconds(10) }
  }
}
