import Records

/// Where a partition's evaluation goes on: compares what the changelog and the group say with what the log still has.
/// It only decides.
struct StartPosition: Equatable {
  /// What people should know about it.
  enum Note: Equatable {
    /// The group begins with this partition at this offset; `passed` earlier ones are skipped.
    case begins(at: Int64, passed: Int64)
    /// Another program has committed this position where the group begins; it is ignored.
    case strangersPosition(Int64, from: Int64)
    /// The group's position is behind the marker's; it is ignored.
    case groupIsBehind(Int64)
    /// The group's position is ahead of the marker's: somebody moved it forward, and the records between are skipped.
    case groupIsAhead(from: Int64, to: Int64)
    /// No rule watched the records between.
    case unwatched(from: Int64, to: Int64)
    /// Retention deleted records before they were evaluated.
    case skipped(from: Int64, to: Int64)
    /// Retention deleted evaluated records that no checkpoint covers; their effect on the state is lost.
    case lostReplay(from: Int64, to: Int64)
    /// The log isn't the one that the position belongs to.
    case recreated(from: Int64, to: Int64)
    /// The marker's position is beyond the end of its own log: the log was cut, or the marker is wrong. The last
    /// evaluated record is still there, and evaluation goes on after it.
    case beyondEnd(position: Int64, to: Int64)

    /// Where evaluation goes on after the gap; nil if there is no gap.
    var end: Int64? {
      switch self {
      case .begins(let position, let passed): passed > 0 ? position : nil
      case .groupIsBehind: nil
      case .strangersPosition(_, let end), .groupIsAhead(_, let end), .unwatched(_, let end), .skipped(_, let end),
        .lostReplay(_, let end),
        .recreated(_, let end), .beyondEnd(_, let end):
        end
      }
    }
  }

  /// The offset from which records are evaluated.
  var position: Int64
  /// Records from here to `replayEnd` are replayed, to restore the state.
  var replayStart: Int64
  var replayEnd: Int64
  /// The offset from which the log is read.
  var start: Int64 { replayStart < replayEnd ? replayStart : position }
  /// Whether the state was made from another log, whose offsets say nothing of this one.
  var isAnotherLog = false
  var notes: [Note] = []

  /// Records before `offset` aren't evaluated.
  mutating func skip(to offset: Int64) {
    guard offset > position else { return }
    notes.removeAll { if case .skipped = $0 { true } else { false } }
    notes.append(.unwatched(from: position, to: offset))
    position = offset
  }

  /// Whether the group has evaluated anything of a partition; only statusd's own commits count.
  static func hasBegun(_ marker: Marker?, _ committed: CommittedPosition?) -> Bool {
    marker != nil || committed?.since != nil
  }

  /// Begins at `position`, without anything before it.
  init(position: Int64) {
    self.position = position
    (replayStart, replayEnd) = (position, position)
  }

  /// - Parameters:
  ///   - marker: the changelog's marker; nil if it has none.
  ///   - committed: the group's position; nil if it has none.
  ///   - first: where the group begins with a partition that it has nothing of.
  ///   - bounds: the offsets that the log has.
  ///   - isSameLog: whether the marker's fingerprint was found in the log; nil if nothing shows it.
  init(marker: Marker?, committed: CommittedPosition?, first: Int64, bounds: Range<Int64>, isSameLog: Bool?) {
    let (start, end) = (bounds.lowerBound, bounds.upperBound)
    guard Self.hasBegun(marker, committed) else {
      position = min(max(first, start), end)
      (replayStart, replayEnd) = (position, position)
      notes = [.begins(at: position, passed: position - start)]
      if let committed { notes.append(.strangersPosition(committed.position, from: position)) }
      return
    }
    let committed = committed?.position
    guard var marker else {
      // The changelog was lost: only the position is left.
      position = committed ?? start
      if position > end {
        notes = [.recreated(from: position, to: start)]
        position = start
      } else if position < start {
        notes = [.skipped(from: position, to: start)]
        position = start
      }
      (replayStart, replayEnd) = (position, position)
      return
    }
    if isSameLog == true, marker.position > end, let last = marker.fingerprint {
      notes = [.beyondEnd(position: marker.position, to: last.offset + 1)]
      marker.position = last.offset + 1
      marker.lowWater = min(marker.lowWater, marker.position)
    }
    if isSameLog == false || marker.position > end {
      notes = [.recreated(from: marker.position, to: start)]
      position = start
      (replayStart, replayEnd) = (start, start)
      isAnotherLog = true
      return
    }
    position = marker.position
    replayEnd = marker.position
    replayStart = min(marker.lowWater, marker.position)
    if let committed, committed < position { notes.append(.groupIsBehind(committed)) }
    if let committed, committed > position, committed <= end {
      notes.append(.groupIsAhead(from: position, to: committed))
      position = committed
    }
    if replayStart < start, replayStart < replayEnd {
      notes.append(.lostReplay(from: replayStart, to: min(start, replayEnd)))
    }
    replayStart = min(max(replayStart, start), replayEnd)
    if position < start {
      notes.append(.skipped(from: position, to: start))
      position = start
    }
  }
}
