/// What the changelog hasn't been told yet of a partition's subjects.
struct ChangelogDebt: ~Copyable {
  /// Subjects that records changed: written in time.
  private(set) var changed = Unwritten()
  /// Blocks of subjects whose checkpoint must go along with the next position, because no replay of records would bring
  /// back what they have. Bounded by what one batch of records or one change of rules can do: each delivery takes all.
  var due: [UInt32] = []
  /// All subjects that changed go along with the next position: a replay knows the rules at the position only.
  private var isAllDue = false
  /// What is to be taken away before anything else is written.
  private var gone = GoneRecords()
  /// What is to be taken away of subjects that were forgotten, once the marker is behind the record that did it.
  private var forgotten = GoneRecords()
  /// The first record by which a subject was forgotten, and the log's time there: a replay begins there until all is
  /// taken away.
  private var forgottenSince: (offset: Int64, logTime: Int64)?
  /// Chunks of tracks that no rule has any longer: taken away little by little. Bounded by what the changelog has of them.
  private var leftover = GoneRecords()

  /// Something must go along with the next position.
  var isDue: Bool { !(due.isEmpty && gone.isEmpty && forgotten.isEmpty && !isAllDue) }

  /// The first record that a replay must begin with, and the log's time there. If everything is written, that is the
  /// `position`, at the log's time of now.
  func lowWater(position: Int64, logTime: Int64) -> (offset: Int64, logTime: Int64) {
    var low = (offset: position, logTime: logTime)
    if let first = changed.first { low = (min(first.offset, position), first.logTime) }
    if let forgottenSince, forgottenSince.offset < low.offset { low = forgottenSince }
    return low
  }

  // MARK: Getting into debt

  /// A record changed the subject in this block for the first time since its last checkpoint.
  mutating func append(_ number: Int, offset: Int64, logTime: Int64, now: Int64) {
    changed.append(number, offset: offset, logTime: logTime, now: now)
  }

  /// The subject in this block is written with the next position.
  mutating func writeSoon(_ number: Int) {
    if due.last.map({ Int($0) }) != number { due.append(UInt32(truncatingIfNeeded: number)) }
  }

  /// All that changed is written with the next position.
  mutating func writeAllSoon() { isAllDue = true }

  /// A subject's checkpoint is taken away with the next position.
  mutating func takeAway(_ name: UnsafeRawBufferPointer) { gone.append(name) }

  /// Chunks are taken away: with the next position if their track's numbers may be used again, else in time.
  mutating func takeAway(
    _ chunks: Range<UInt32>, ofTrack track: UInt32, _ name: UnsafeRawBufferPointer, mayBeUsedAgain: Bool
  ) {
    if mayBeUsedAgain {
      gone.append(name, track: track, chunks: chunks)
    } else {
      leftover.append(name, track: track, chunks: chunks)
    }
  }

  /// A subject was forgotten by the record at `offset`.
  mutating func forget(
    _ name: UnsafeRawBufferPointer, hasCheckpoint: Bool, chunks: [UInt32: Range<UInt32>], offset: Int64, logTime: Int64
  ) {
    if hasCheckpoint { forgotten.append(name) }
    for (track, chunks) in chunks.sorted(by: { $0.key < $1.key }) where !chunks.isEmpty {
      forgotten.append(name, track: track, chunks: chunks)
    }
    if forgottenSince == nil, !forgotten.isEmpty { forgottenSince = (offset, logTime) }
  }

  /// No replay may begin before this point: the rules were others.
  mutating func beginAnew() {
    isAllDue = true
    forgottenSince = nil
  }

  // MARK: Paying

  /// Gives what is to be taken away before anything is written: about `limit` records of what has time, all of the rest.
  mutating func takeGone(
    limit: Int, _ body: (_ name: UnsafeRawBufferPointer, _ track: UInt32, _ number: UInt32) -> Void
  ) {
    gone.take(limit: .max, body)
    leftover.take(limit: limit, body)
  }

  /// Gives what is to be taken away behind the marker.
  mutating func takeForgotten(_ body: (_ name: UnsafeRawBufferPointer, _ track: UInt32, _ number: UInt32) -> Void) {
    forgottenSince = nil
    forgotten.take(limit: .max, body)
  }

  /// Takes the blocks of the subjects that must go along with the next position, and whether all that changed must.
  mutating func takeDue() -> (numbers: [UInt32], isAll: Bool) {
    defer { (due, isAllDue) = ([], false) }
    return (due, isAllDue)
  }

  /// Takes out the subject that waits longest, if it has since before `time`.
  mutating func popFirst(changedBefore time: Int64) -> Int? { changed.popFirst(changedBefore: time) }
}
