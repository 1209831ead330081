import Records

/// Decides which new subjects are admitted. That depends on the other partitions of the process. So that a restart
/// still restores the same state, the changelog tells who was admitted: from the first refusal on, each subject that
/// gets state is written with the next position, and a replay admits only written subjects. Before it no subject was
/// refused, and a replay admits all.
struct Admission: ~Copyable {
  /// The places for subjects, shared with the other partitions of the process.
  let room: SubjectRoom
  /// Records of subjects that were refused at the limit.
  private(set) var refused = 0
  /// The first refused record that a replay could pass, or an earlier one; nil if a replay passes none.
  private var since: Int64?
  /// The last refused record.
  private var last: Int64 = -1
  /// Records before this offset were evaluated before the state was restored; 0 if it wasn't restored, or once the
  /// replay is over.
  private var replayEnd: Int64 = 0

  /// An admission without refusals.
  init(_ room: SubjectRoom) { self.room = room }

  /// The admission of a restored partition, from its marker.
  init(_ room: SubjectRoom, _ marker: Marker) {
    self.room = room
    replayEnd = marker.position
    since = marker.refusedSince
    if since != nil { last = marker.position - 1 }
  }

  /// Whether subjects were refused whose records a replay could pass.
  var hasRefused: Bool { since != nil }

  /// The answer to a record of an unknown subject.
  enum Answer { case admitted, refused, refusedFirst }

  /// Takes a place for one more subject, which the record at `offset` names, if there is one. The first refusal of a
  /// process must be logged.
  mutating func admit(at offset: Int64) -> Answer {
    if offset < replayEnd {
      if let since, offset >= since { return .refused }
      room.takeAnyway()
      return .admitted
    }
    if room.take() { return .admitted }
    if since == nil { since = offset }
    last = offset
    refused += 1
    return room.mayTell() ? .refusedFirst : .refused
  }

  /// The first refusal that a replay from `lowWater` on may pass; nil if it passes none.
  mutating func refusedSince(lowWater: Int64) -> Int64? {
    if last < lowWater { since = nil }
    return since
  }

  /// Called when the replay is over: all records are new from now on, and no subject was refused.
  mutating func finishReplay() { (replayEnd, refused) = (0, 0) }

  /// Called when the topic's offsets begin anew.
  mutating func beginEpoch() { (since, last, replayEnd) = (nil, -1, 0) }
}
