import Records

// Who is admitted depends on what other partitions of the process have. So that a restart comes to the same state all the
// same, the changelog tells who was: from the first refusal on whoever gets state is written with the next position, and
// a replay admits nobody who isn't written. Before it nobody was refused, and a replay admits all.

/// Which new subjects were refused, as far as a replay has to know.
struct Refusals: BitwiseCopyable {
  /// The first refused record, or an earlier one, of those that a replay could come by; nil: it comes by none.
  var since: Int64?
  /// The last one.
  var last: Int64 = -1
  /// Records before this offset were evaluated before the state was restored; 0: it wasn't, or that is over.
  var replayEnd: Int64 = 0

  /// As a marker has them.
  init(_ marker: Marker? = nil) {
    guard let marker else { return }
    replayEnd = marker.position
    since = marker.refusedSince
    if since != nil { last = marker.position - 1 }
  }
}

extension PartitionState {
  /// Whether there is room for one more subject, which the record at `offset` names; it is taken.
  @inline(never)
  mutating func admits(_ name: UnsafeRawBufferPointer, at offset: Int64) -> Bool {
    if offset < refusals.replayEnd {
      if let since = refusals.since, offset >= since { return false }
      room.takeAnyway()
      return true
    }
    if room.take() { return true }
    if refusals.since == nil { refusals.since = offset }
    refusals.last = offset
    counters.refused += 1
    if room.mayTell() {
      say(.subjectRefused(subject: String(decoding: name, as: UTF8.self), limit: room.limit, offset: offset))
    }
    return false
  }

  /// A subject has its first value of a track.
  @inline(never)
  mutating func noteBorn(_ track: Int, _ subject: Subject) {
    if tracks[track].watchesSilence { watch(subject) }
    if refusals.since != nil, let number = subjects.number(of: subject) {
      urgent.numbers.append(UInt32(truncatingIfNeeded: number))
    }
  }

  /// The first refusal that a replay from `lowWater` on may come by.
  mutating func refusedSince(lowWater: Int64) -> Int64? {
    if refusals.last < lowWater { refusals.since = nil }
    return refusals.since
  }
}
