import Records

/// Brings a partition's state to its position: evaluated records are applied again, silently, under the old rules.
///
/// Without transactions checkpoints may reach beyond the marker's position. The replay then goes on to the last of
/// them, because a restored subject must not meet a record twice. Transitions made beyond the position wait for the
/// end.
final class SilentReplay {
  /// The offset of the next record to apply.
  var position: Int64
  /// Records before this offset are applied.
  let end: Int64
  /// Transitions from this offset on are new. It is above `end` if somebody moved the group's position forward.
  let liveFrom: Int64
  /// The new transitions.
  var made: [Transition] = []
  /// The marker that the engine was made with; nil if it wasn't made from the changelog.
  let marker: Marker?
  /// Whether this is another log, whose offsets begin anew.
  let isAnotherLog: Bool
  var reader: RecordReader

  init(
    from position: Int64, to end: Int64, liveFrom: Int64, marker: Marker?, isAnotherLog: Bool, plan: FieldPlan,
    maxFuture: Int64
  ) {
    self.position = position
    self.end = end
    self.liveFrom = liveFrom
    self.marker = marker
    self.isAnotherLog = isAnotherLog
    reader = RecordReader(plan: plan, maxFuture: maxFuture)
  }
}
