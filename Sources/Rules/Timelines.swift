import Records

/// The timelines of a partition's subjects, and the pool elements that few of them need.
///
/// A subject's own timeline is in its block. The metrics of a subject usually come in the same records, so this
/// timeline serves all its tracks. A track whose metric comes in other records gets a timeline of its own from here,
/// and returns it once both are equal.
struct Timelines: ~Copyable {
  /// A stream has many producers, whose records reach a partition in another order than that of their clocks: by so
  /// much, in milliseconds, they may differ.
  static let streamTolerance: Int64 = 60_000

  /// How far behind a series' last record a record counts as simultaneous, in milliseconds.
  var tolerance: Int64 = 0
  /// The timelines of tracks that don't share their subject's.
  private var own = Pool<Timeline>()
  var rows = Pool<IgnoredRow>()
  var earlierBoots = Pool<EarlierBoots>()

  /// A track's own timeline, by its number.
  @inline(__always)
  subscript(number: UInt32) -> UnsafeMutablePointer<Timeline> { own[number] }

  /// The timeline of a track.
  func timeline(of track: TrackState, _ subject: Subject) -> Timeline {
    track.ownTimeline == 0 ? subject.timeline.pointee : own[track.ownTimeline].pointee
  }

  /// Gives the track a timeline of its own, without any record that counts.
  mutating func begin(_ track: UnsafeMutablePointer<TrackState>) { track.pointee.ownTimeline = own.take(Timeline()) }

  /// Gives the track a timeline of its own, equal to `timeline`.
  mutating func part(_ track: UnsafeMutablePointer<TrackState>, with timeline: Timeline) {
    track.pointee.ownTimeline = own.take(copy(of: timeline))
  }

  /// Gives the track its own timeline from a checkpoint.
  mutating func restore(_ track: UnsafeMutablePointer<TrackState>, from line: Checkpoint.Line) {
    track.pointee.ownTimeline = own.take(restored(line))
  }

  /// A timeline from a checkpoint.
  mutating func restored(_ line: Checkpoint.Line) -> Timeline {
    var timeline = line.timeline
    if let row = line.row { timeline.row = rows.take(row) }
    if let boots = line.earlierBoots { timeline.earlierBoots = earlierBoots.take(boots) }
    return timeline
  }

  /// Drops a track's own timeline if the subject's has become equal.
  mutating func rejoin(_ track: UnsafeMutablePointer<TrackState>, _ subject: Subject) {
    let mine = own[track.pointee.ownTimeline].pointee
    let shared = subject.timeline.pointee
    guard mine.time == shared.time, mine.offset == shared.offset, mine.boot == shared.boot,
      mine.sequence == shared.sequence, mine.row == 0, shared.row == 0, mine.hasSameGaps(as: shared),
      hasSameEarlierBoots(mine, shared)
    else { return }
    release(track)
  }

  /// If no track shares the subject's timeline any longer, replaces it by a track's own timeline. If there is none, the
  /// subject's timeline begins anew.
  mutating func settle(_ subject: Subject, trackCount: Int) {
    let tracks = 0..<trackCount
    if tracks.contains(where: { subject.tracks[$0].isBorn && subject.tracks[$0].ownTimeline == 0 }) { return }
    clear(subject.timeline)
    guard let heir = tracks.first(where: { subject.tracks[$0].ownTimeline != 0 }) else { return }
    subject.timeline.pointee = own[subject.tracks[heir].ownTimeline].pointee
    own.put(subject.tracks[heir].ownTimeline)
    subject.tracks[heir].ownTimeline = 0
  }

  /// Frees a track's own timeline, if it has one.
  mutating func release(_ track: UnsafeMutablePointer<TrackState>) {
    let number = track.pointee.ownTimeline
    if number == 0 { return }
    clear(own[number])
    own.put(number)
    track.pointee.ownTimeline = 0
  }

  /// Frees the pool elements of a timeline, and empties it.
  mutating func clear(_ timeline: UnsafeMutablePointer<Timeline>) {
    rows.put(timeline.pointee.row)
    earlierBoots.put(timeline.pointee.earlierBoots)
    timeline.pointee = Timeline()
  }

  private func hasSameEarlierBoots(_ a: Timeline, _ b: Timeline) -> Bool {
    if a.earlierBoots == 0 || b.earlierBoots == 0 { return a.earlierBoots == b.earlierBoots }
    return earlierBoots[a.earlierBoots].pointee == earlierBoots[b.earlierBoots].pointee
  }

  /// A copy of a timeline, with pool elements of its own.
  private mutating func copy(of timeline: Timeline) -> Timeline {
    var copy = timeline
    if timeline.row != 0 { copy.row = rows.take(rows[timeline.row].pointee) }
    if timeline.earlierBoots != 0 { copy.earlierBoots = earlierBoots.take(earlierBoots[timeline.earlierBoots].pointee) }
    return copy
  }
}
