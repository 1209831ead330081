import Platform

/// Records that stand in a partition and that no reader of committed ones is given.
struct HiddenRecords {
  /// Those of one partition.
  struct Part {
    /// It was first seen to stand still then.
    var since: WallTime
    /// Records and markers behind the position.
    var count: Int64
  }

  /// Where somebody's open transaction hides some.
  var parts: [LogPartition: Part] = [:]
  /// Where partitions that had more were when they were last looked at, and when that was.
  var positions: [LogPosition] = []
  var looked = WallTime(milliseconds: 0)

  /// All of them.
  var count: Int64 { parts.values.reduce(0) { $0 + $1.count } }
}

/// What somebody's open transaction hides. Nothing comes then, as on a partition that is read to its end.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  private static var pause: Duration { .seconds(10) }

  /// Looks now and then for partitions that stand still although they have more, and says why.
  mutating func lookForHidden(_ now: MonotonicTime) {
    guard timers.isDue(.hidden, now) else { return }
    timers[.hidden] = now + Self.pause
    var behind: [(place: LogPosition, end: Int64)] = []
    for place in stage.livePositions {
      if let end = log.highWatermark(of: place.partition), end > place.position { behind.append((place, end)) }
    }
    let still = behind.filter { hidden.positions.contains($0.place) }
    let since = hidden.looked
    (hidden.positions, hidden.looked) = (behind.map(\.place), time.wall)
    for partition in hidden.parts.keys where !still.contains(where: { $0.place.partition == partition }) {
      isShown(partition)
    }
    if still.isEmpty { return }
    // Brokers that don't answer are spoken of elsewhere.
    guard let ends = try? log.ends(of: still.map(\.place.partition), until: now + plan.questionPatience) else { return }
    for ((place, end), stable) in zip(still, ends) {
      guard let stable, stable <= place.position else {
        isShown(place.partition)
        continue
      }
      let part = HiddenRecords.Part(
        since: hidden.parts[place.partition]?.since ?? since, count: end - place.position)
      hidden.parts[place.partition] = part
      voice.hides(part, in: place)
    }
  }

  /// No transaction hides records of the partition.
  private mutating func isShown(_ partition: LogPartition) {
    if hidden.parts.removeValue(forKey: partition) != nil { voice.hidesNoMore(in: partition) }
  }
}
