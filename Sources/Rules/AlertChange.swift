/// What a record, or its absence, changed about an alert.
struct AlertChange: Equatable {
  /// The alert level until now.
  var from: Level
  /// The alert level from now on.
  var to: Level
  /// Since when the level risen to has been held, or the level fallen from unheld.
  var since: Int64
  /// The severity it fires with, or fired with until now.
  var severity: Level

  /// A change to `to`, or to nothing from `from`.
  init(from: Level, to: Level, since: Int64) {
    (self.from, self.to, self.since) = (from, to, since)
    severity = to == .none ? from : to
  }
}
