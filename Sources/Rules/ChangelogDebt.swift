/// The changes of a partition's subjects that aren't in the changelog yet.
struct ChangelogDebt: ~Copyable {
  /// Subjects that records changed; they are written within `checkpoint_interval`.
  private(set) var changed = DirtySubjects()
  /// The blocks of subjects whose checkpoint must be written with the next position, because no replay of records would
  /// restore it. Bounded by the effect of one batch of records or one change of rules: each delivery empties it.
  var due: [UInt32] = []
  /// Whether all changed subjects must be written with the next position: a replay knows only the rules at the
  /// position.
  private var isAllDue = false
  /// The records to delete before anything else is written.
  private var gone = GoneRecords()
  /// The records of forgotten subjects, to be deleted once the marker is after the record that ended them.
  private var forgotten = GoneRecords()
  /// The first record by which a subject was forgotten, and the log's time at it: a replay begins there until all of
  /// these records are deleted.
  private var forgottenSince: (offset: Int64, logTime: Int64)?
  /// Chunks of tracks that no rule has any longer; deleted little by little. Bounded by the number of such chunks in
  /// the changelog.
  private var leftover = GoneRecords()

  /// Whether anything must be written with the next position.
  var isDue: Bool { !(due.isEmpty && gone.isEmpty && forgotten.isEmpty && !isAllDue) }

  /// The first record that a replay must begin with, and the log's time at it. If everything is written, that is the
  /// `position`, at the current log time.
  func lowWater(position: Int64, logTime: Int64) -> (offset: Int64, logTime: Int64) {
    var low = (offset: position, logTime: logTime)
    if let first = changed.first { low = (min(first.offset, position), first.logTime) }
    if let forgottenSince, forgottenSince.offset < low.offset { low = forgottenSince }
    return low
  }

  // MARK: Getting into debt

  /// Called when a record changes the subject in this block for the first time since its last checkpoint.
  mutating func append(_ number: Int, offset: Int64, logTime: Int64, now: Int64) {
    changed.append(number, offset: offset, logTime: logTime, now: now)
  }

  /// Writes the subject in this block with the next position.
  mutating func writeSoon(_ number: Int) {
    if due.last.map({ Int($0) }) != number { due.append(UInt32(truncatingIfNeeded: number)) }
  }

  /// Writes all changed subjects with the next position.
  mutating func writeAllSoon() { isAllDue = true }

  /// Deletes a subject's checkpoint with the next position.
  mutating func takeAway(_ name: UnsafeRawBufferPointer) { gone.append(name) }

  /// Deletes chunks: with the next position if their track's numbers may be used again, otherwise little by little.
  mutating func takeAway(
    _ chunks: Range<UInt32>, ofTrack track: UInt32, _ name: UnsafeRawBufferPointer, mayBeUsedAgain: Bool
  ) {
    if mayBeUsedAgain {
      gone.append(name, track: track, chunks: chunks)
    } else {
      leftover.append(name, track: track, chunks: chunks)
    }
  }

  /// Called when a subject is forgotten by the record at `offset`.
  mutating func forget(
    _ name: UnsafeRawBufferPointer, hasCheckpoint: Bool, chunks: [UInt32: Range<UInt32>], offset: Int64, logTime: Int64
  ) {
    if hasCheckpoint { forgotten.append(name) }
    for (track, chunks) in chunks.sorted(by: { $0.key < $1.key }) where !chunks.isEmpty {
      forgotten.append(name, track: track, chunks: chunks)
    }
    if forgottenSince == nil, !forgotten.isEmpty { forgottenSince = (offset, logTime) }
  }

  /// Called when rules have changed: no replay may begin before this point.
  mutating func beginAnew() {
    isAllDue = true
    forgottenSince = nil
  }

  // MARK: Paying

  /// Gives the records to delete before anything is written: all urgent ones, and about `limit` of the others.
  mutating func takeGone(
    limit: Int, _ body: (_ name: UnsafeRawBufferPointer, _ track: UInt32, _ number: UInt32) -> Void
  ) {
    gone.take(limit: .max, body)
    leftover.take(limit: limit, body)
  }

  /// Gives the records to delete after the marker.
  mutating func takeForgotten() -> GoneRecords {
    forgottenSince = nil
    var taken = GoneRecords()
    swap(&taken, &forgotten)
    return taken
  }

  /// Takes the blocks of the subjects that must be written with the next position, and whether all changed subjects
  /// must be.
  mutating func takeDue() -> (numbers: [UInt32], isAll: Bool) {
    defer { (due, isAllDue) = ([], false) }
    return (due, isAllDue)
  }

  /// Takes out the subject that has waited longest, if it has waited since before `time`.
  mutating func popFirst(changedBefore time: Int64) -> Int? { changed.popFirst(changedBefore: time) }
}
