import Records

/// The timelines of a partition's subjects, and what few of them need beside their plain bytes.
///
/// A subject's own timeline stands in its block. The metrics of a subject mostly come in the same records, so that this
/// one tells the time of all its tracks. A track whose metric comes in other records gets a timeline of its own from
/// here, and gives it back once both say the same.
struct Timelines: ~Copyable {
  /// Timelines of tracks that don't go with their subject's.
  private var own = Pool<Timeline>()
  var rows = Pool<IgnoredRow>()
  var earlierBoots = Pool<EarlierBoots>()

  /// A track's own timeline, by its number.
  @inline(__always)
  subscript(number: UInt32) -> UnsafeMutablePointer<Timeline> { own[number] }

  /// What tells the time of a track.
  func timeline(of track: TrackState, _ subject: Subject) -> Timeline {
    track.ownTimeline == 0 ? subject.timeline.pointee : own[track.ownTimeline].pointee
  }

  /// The track goes on with a timeline of its own, which has counted nothing yet.
  mutating func begin(_ track: UnsafeMutablePointer<TrackState>) { track.pointee.ownTimeline = own.take(Timeline()) }

  /// The track goes on with a timeline of its own, which says what `timeline` says.
  mutating func part(_ track: UnsafeMutablePointer<TrackState>, with timeline: Timeline) {
    track.pointee.ownTimeline = own.take(copy(of: timeline))
  }

  /// The track goes on with a timeline of its own that stood in a checkpoint.
  mutating func restore(_ track: UnsafeMutablePointer<TrackState>, from line: Checkpoint.Line) {
    track.pointee.ownTimeline = own.take(restored(line))
  }

  /// A timeline that stood in a checkpoint.
  mutating func restored(_ line: Checkpoint.Line) -> Timeline {
    var timeline = line.timeline
    if let row = line.row { timeline.row = rows.take(row) }
    if let boots = line.earlierBoots { timeline.earlierBoots = earlierBoots.take(boots) }
    return timeline
  }

  /// Gives up a track's own timeline if the subject's says the same by now.
  mutating func rejoin(_ track: UnsafeMutablePointer<TrackState>, _ subject: Subject) {
    let mine = own[track.pointee.ownTimeline].pointee
    let shared = subject.timeline.pointee
    guard mine.time == shared.time, mine.offset == shared.offset, mine.boot == shared.boot,
      mine.sequence == shared.sequence, mine.row == 0, shared.row == 0, mine.hasSameGaps(as: shared),
      hasSameEarlierBoots(mine, shared)
    else { return }
    release(track)
  }

  /// Gives a subject's timeline an heir if no track goes with it any longer: a timeline that a track has of its own. If
  /// there is none, the subject's timeline begins anew.
  mutating func settle(_ subject: Subject, trackCount: Int) {
    let tracks = 0..<trackCount
    if tracks.contains(where: { subject.tracks[$0].isBorn && subject.tracks[$0].ownTimeline == 0 }) { return }
    clear(subject.timeline)
    guard let heir = tracks.first(where: { subject.tracks[$0].ownTimeline != 0 }) else { return }
    subject.timeline.pointee = own[subject.tracks[heir].ownTimeline].pointee
    own.put(subject.tracks[heir].ownTimeline)
    subject.tracks[heir].ownTimeline = 0
  }

  /// Gives a track's own timeline back, if it has one.
  mutating func release(_ track: UnsafeMutablePointer<TrackState>) {
    let number = track.pointee.ownTimeline
    if number == 0 { return }
    clear(own[number])
    own.put(number)
    track.pointee.ownTimeline = 0
  }

  /// Gives back what a timeline has in pools, and leaves an empty one.
  mutating func clear(_ timeline: UnsafeMutablePointer<Timeline>) {
    rows.put(timeline.pointee.row)
    earlierBoots.put(timeline.pointee.earlierBoots)
    timeline.pointee = Timeline()
  }

  private func hasSameEarlierBoots(_ a: Timeline, _ b: Timeline) -> Bool {
    if a.earlierBoots == 0 || b.earlierBoots == 0 { return a.earlierBoots == b.earlierBoots }
    return earlierBoots[a.earlierBoots].pointee == earlierBoots[b.earlierBoots].pointee
  }

  /// A timeline that says the same, with pool elements of its own.
  private mutating func copy(of timeline: Timeline) -> Timeline {
    var copy = timeline
    if timeline.row != 0 { copy.row = rows.take(rows[timeline.row].pointee) }
    if timeline.earlierBoots != 0 { copy.earlierBoots = earlierBoots.take(earlierBoots[timeline.earlierBoots].pointee) }
    return copy
  }
}
