import Records

/// Where a partition's evaluation goes on: what the changelog and the group say, held against what the log still has.
/// Decides, and does nothing.
struct StartPosition: Equatable {
  /// What people should know about it.
  enum Note: Equatable {
    /// The group begins with this partition: at this offset, behind so many earlier ones.
    case begins(at: Int64, passed: Int64)
    /// Somebody who is no evaluator has committed this position where the group begins; it doesn't count.
    case strangersPosition(Int64, from: Int64)
    /// The group has committed a position behind the marker's; it is ignored.
    case groupIsBehind(Int64)
    /// The group has committed a position before the marker's end: somebody moved it on, and records are left out.
    case groupIsAhead(from: Int64, to: Int64)
    /// Retention took records before they could be evaluated.
    case skipped(from: Int64, to: Int64)
    /// Retention took records that were evaluated, but whose effect on the state was not yet written down.
    case lostReplay(from: Int64, to: Int64)
    /// It isn't the log that the position was made in.
    case recreated(from: Int64, to: Int64)
    /// The marker's position is beyond the end of the log that it was written for: that was cut, or the marker is wrong. The
    /// record that was evaluated last is still there, and what is behind it comes next.
    case beyondEnd(position: Int64, to: Int64)

    /// Where evaluation goes on behind what it names; nil: it names no gap.
    var end: Int64? {
      switch self {
      case .begins(let position, let passed): passed > 0 ? position : nil
      case .groupIsBehind: nil
      case .strangersPosition(_, let end), .groupIsAhead(_, let end), .skipped(_, let end), .lostReplay(_, let end),
        .recreated(_, let end), .beyondEnd(_, let end):
        end
      }
    }
  }

  /// Records from here on are evaluated.
  var position: Int64
  /// Records from here to `replayEnd` are read once more, to bring the state there.
  var replayStart: Int64
  var replayEnd: Int64
  /// From where the log is read.
  var start: Int64 { replayStart < replayEnd ? replayStart : position }
  /// It isn't the log that the state was made from: its offsets say nothing of this one.
  var isAnotherLog = false
  var notes: [Note] = []

  /// Whether the group has evaluated anything of a partition: only statusd's own commits tell.
  static func hasBegun(_ marker: Marker?, _ committed: CommittedPosition?) -> Bool {
    marker != nil || committed?.since != nil
  }

  /// From `position` on, without anything before it.
  init(position: Int64) {
    self.position = position
    (replayStart, replayEnd) = (position, position)
  }

  /// - Parameters:
  ///   - marker: the changelog's; nil: it has none.
  ///   - committed: the group's position; nil: none.
  ///   - first: where the group begins with a partition that it has nothing of.
  ///   - bounds: what the log has.
  ///   - isSameLog: whether the marker's fingerprint was found in the log; nil: nothing to tell by.
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
