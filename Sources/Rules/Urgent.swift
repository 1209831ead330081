/// What must stand in the changelog in the same delivery as the next position, because no replay of records would bring
/// it back: subjects from which a change of rules took something away, and those that are gone.
///
/// Bounded by what one batch of records or one change of rules can do: every delivery empties it.
struct Urgent: ~Copyable {
  /// Blocks of subjects whose checkpoint must go along.
  var numbers: [UInt32] = []
  /// Everything unwritten goes along: a replay knows the rules at the position only.
  var everything = false
  /// What is to be taken away, before anything else is written.
  var gone = GoneRecords()
  /// What stands there of subjects that were forgotten, to be taken away once the marker is behind that.
  var forgotten = GoneRecords()
  /// The first record by which one was, and the log's time there: until all is taken away, a replay begins there.
  var forgottenSince: (offset: Int64, logTime: Int64)?

  var isEmpty: Bool { numbers.isEmpty && gone.isEmpty && forgotten.isEmpty && !everything }
}
