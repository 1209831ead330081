import Records

/// The records of a delivery that don't fit their topics unchanged: counted, with an example of each kind for the log.
struct Misfits: Equatable {
  /// A record: its key (`rule/subject` for a transition, not text for state) and its bytes.
  struct Example: Equatable {
    var key: [UInt8]
    var bytes: Int
  }

  /// Transitions sent without summary and labels.
  var bare = 0
  var firstBare: Example?
  /// Transitions that don't fit even then and aren't sent.
  var absent = 0
  var firstAbsent: Example?
  /// Checkpoints and chunks that aren't written.
  var state = 0
  var firstState: Example?
}

/// Fits records that are too large for their topic, or leaves them out, so that they don't block the others.
extension Outbox {
  /// The sizes of the largest records, unchanged.
  var largest: RecordRoom {
    var largest = RecordRoom()
    for entry in entries {
      let size = (entry.isTombstone ? entry.valueStart : entry.end) - entry.start
      switch entry.stage {
      case .results: largest.results = max(largest.results, size)
      case .current: largest.alertsCurrent = max(largest.alertsCurrent, size)
      case .state: largest.changelog = max(largest.changelog, size)
      }
    }
    return largest
  }

  /// Gives each record the shape in which it fits. A transition that is too large for one of its two topics goes to
  /// both without summary and labels. So do the alert's other transitions here: a log without transactions may take one
  /// and refuse another, and must not change their order. A subject's state that is too large goes as a tombstone,
  /// because an old checkpoint would describe another time.
  ///
  /// - Throws: `.stop` if a record doesn't fit that nothing can go on without.
  mutating func fit(_ room: RecordRoom) throws(LogFailure) {
    misfits = Misfits()
    let large = alerts(largerThan: min(room.results, room.alertsCurrent))
    for index in entries.indices {
      let entry = entries[index]
      entries[index].shape =
        switch entry.stage {
        case .results: fit(entry, room.results, large)
        case .current: fitCurrent(entry, room.alertsCurrent, large)
        case .state: try fitState(entry, room.changelog)
        }
    }
  }

  /// The keys of alerts with a transition of more than `room` bytes.
  private func alerts(largerThan room: Int) -> Set<[UInt8]> {
    var keys: Set<[UInt8]> = []
    for entry in entries where entry.stage == .results && entry.end - entry.start > room {
      keys.insert(key(of: entry))
    }
    return keys
  }

  private func key(of entry: Entry) -> [UInt8] { Array(bytes[entry.start..<entry.valueStart]) }

  private mutating func fit(_ entry: Entry, _ room: Int, _ large: Set<[UInt8]>) -> Shape {
    if large.isEmpty || !large.contains(key(of: entry)) { return .whole }
    let example = Misfits.Example(key: key(of: entry), bytes: entry.end - entry.start)
    if bareSize(of: entry) <= room {
      misfits.bare += 1
      misfits.firstBare = misfits.firstBare ?? example
      return .bare
    }
    misfits.absent += 1
    misfits.firstAbsent = misfits.firstAbsent ?? example
    return .absent
  }

  private func fitCurrent(_ entry: Entry, _ room: Int, _ large: Set<[UInt8]>) -> Shape {
    if entry.isTombstone { return entry.valueStart - entry.start <= room ? .whole : .absent }
    if large.isEmpty || !large.contains(key(of: entry)) { return .whole }
    return bareSize(of: entry) <= room ? .bare : .absent
  }

  private mutating func fitState(_ entry: Entry, _ room: Int) throws(LogFailure) -> Shape {
    let size = entry.end - entry.start
    if size <= room { return .whole }
    if entry.isVital {
      throw LogFailure(
        .stop,
        reason: "the changelog needs a record of \(size) bytes, but its topic takes \(room): there are too many rules, "
          + "or the topic's max.message.bytes is too small")
    }
    if !entry.isTombstone {
      misfits.state += 1
      misfits.firstState =
        misfits.firstState
        ?? Misfits.Example(key: key(of: entry), bytes: size)
    }
    return entry.valueStart - entry.start <= room ? .tombstone : .absent
  }

  private func bareSize(of entry: Entry) -> Int {
    entry.end - entry.start - entry.words.count + Transition.bareLabels.count
  }

  /// The value of a transition without summary and labels.
  func bareValue(of entry: Entry) -> [UInt8] {
    Array(bytes[entry.valueStart..<entry.words.lowerBound]) + Transition.bareLabels
      + bytes[entry.words.upperBound..<entry.end]
  }
}
