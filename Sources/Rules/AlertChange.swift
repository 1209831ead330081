/// The change of an alert by a record or by silence.
struct AlertChange: Equatable {
  /// The alert level before.
  var from: Level
  /// The alert level after.
  var to: Level
  /// The time since which the new higher level has been held, or the old level has been unheld.
  var since: Int64
  /// The severity with which it fires, or fired before.
  var severity: Level

  /// A change to `to`, or from `from` to none.
  init(from: Level, to: Level, since: Int64) {
    (self.from, self.to, self.since) = (from, to, since)
    severity = to == .none ? from : to
  }
}
