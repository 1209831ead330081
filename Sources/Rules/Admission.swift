import Records

/// Which new subjects are admitted. That depends on what other partitions of the process have. So that a restart comes to
/// the same state all the same, the changelog tells who was admitted: from the first refusal on, a subject that gets state
/// is written with the next position, and a replay admits none that isn't written. Before it none was refused, and a
/// replay admits all.
struct Admission: ~Copyable {
  /// Places for subjects, shared with the other partitions of the process.
  let room: SubjectRoom
  /// Records of subjects that there was no room for.
  private(set) var refused = 0
  /// The first refused record, or an earlier one, of those that a replay could come by; nil if it comes by none.
  private var since: Int64?
  /// The last refused record.
  private var last: Int64 = -1
  /// Records before this offset were evaluated before the state was restored; 0 if it wasn't, or if that is over.
  private var replayEnd: Int64 = 0

  /// Nobody was refused yet.
  init(_ room: SubjectRoom) { self.room = room }

  /// As the marker of a partition has it, whose state is restored.
  init(_ room: SubjectRoom, _ marker: Marker) {
    self.room = room
    replayEnd = marker.position
    since = marker.refusedSince
    if since != nil { last = marker.position - 1 }
  }

  /// Subjects were refused that a replay could come by.
  var hasRefused: Bool { since != nil }

  /// What a record of a subject that isn't known may do.
  enum Answer { case admitted, refused, refusedFirst }

  /// Takes a place for one more subject, which the record at `offset` names, if there is one. The first refusal of a
  /// process is to be said.
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

  /// The first refusal that a replay from `lowWater` on may come by; nil if it comes by none.
  mutating func refusedSince(lowWater: Int64) -> Int64? {
    if last < lowWater { since = nil }
    return since
  }

  /// All records are new from now on, and none was refused.
  mutating func finishReplay() { (replayEnd, refused) = (0, 0) }

  /// The topic's offsets begin anew.
  mutating func beginEpoch() { (since, last, replayEnd) = (nil, -1, 0) }
}
