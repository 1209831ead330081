import Platform

/// Records of a partition that readers of committed records don't get.
struct HiddenRecords {
  /// Those of one partition.
  struct Part {
    /// When it was first seen not to move.
    var since: WallTime
    /// Records and markers after the position.
    var count: Int64
  }

  /// The partitions in which an open transaction hides records.
  var parts: [LogPartition: Part] = [:]
  /// The positions of partitions that had more records at the last look, and when that was.
  var positions: [LogPosition] = []
  var looked = WallTime(milliseconds: 0)

  /// The number of all hidden records.
  var count: Int64 { parts.values.reduce(0) { $0 + $1.count } }
}

/// Finds records that an open transaction hides. Nothing comes then, as on a partition that is read to its end.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  private static var pause: Duration { .seconds(10) }

  /// Looks now and then for partitions that don't move although they have more records, and logs why.
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
    // Other lines tell of brokers that don't answer.
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
