import Records

/// How the state of a partition comes to its position again: records that were evaluated once are applied a second time,
/// under the rules that were in force, and without a word.
///
/// Where checkpoints and marker aren't written as one, checkpoints may reach beyond the position. Then it goes on until
/// there, and what is made beyond the position waits for the end: a restored subject must not meet a record twice.
final class SilentReplay {
  /// The next record to be applied.
  var position: Int64
  /// Up to here records are applied.
  let end: Int64
  /// From here on what they make is new. Above `end` where somebody moved the group on.
  let liveFrom: Int64
  /// What was made from there on.
  var made: [Transition] = []
  /// What the engine was made with; nil: nothing came from the changelog.
  let marker: Marker?
  /// Offsets begin anew.
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
