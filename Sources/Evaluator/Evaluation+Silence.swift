import Records
import Rules

/// Who is silent. Nobody is because an evaluator was away, lags behind or is new.
///
/// A partition's end moves on while others send, so it is never reached. What can be reached is an end that was asked for:
/// once everything before it is read, it is known who had sent nothing when the question was asked, and silence is judged
/// as of then.
extension Evaluation {
  /// How many subjects are looked at in one go.
  private static let silencesAtOnce = 1000

  /// When there is something to be done about silence next, on the clock; nil: nobody is waited for.
  package var nextSilence: Int64? {
    var next: Int64?
    for partition in partitions where partition.isLive {
      guard let silence = partition.engine.nextSilence else { continue }
      next = min(next ?? .max, partition.attendedSince == nil ? clock : silence)
    }
    return next
  }

  /// The partitions whose ends are to be asked for: somebody may be silent there, or it was never read to its end.
  package var endsToAsk: [LogPartition] {
    partitions.filter { partition in
      guard partition.isLive, let silence = partition.engine.nextSilence else { return false }
      return partition.attendedSince == nil || silence <= clock
    }.map(\.id)
  }

  /// Where the partitions are that aren't replayed any more.
  package var livePositions: [LogPosition] { partitions.filter { $0.isLive }.map { LogPosition($0.id, $0.position) } }

  /// Brokers said, when they were asked at `asked` or a little later, that a partition ends at `end`.
  package mutating func note(end: Int64, of id: LogPartition, asked: Int64) {
    let place = table.place(of: id)
    guard place >= 0 else { return }
    // An end that is still to be read stays, or a worker that lags behind would never come to one. Only where the log was
    // cut it won't be reached.
    if let known = partitions[place].askedEnd, known.end <= end { return }
    partitions[place].askedEnd = AskedEnd(end: end, asked: asked)
  }

  /// Somebody could be declared silent at once: an end that was asked for is read.
  package var hasReadAskedEnd: Bool { partitions.contains { $0.hasReadAskedEnd } }

  /// Where an end that was asked for is read, who had sent nothing for too long by then is declared silent, as far as this
  /// evaluator was there to hear it.
  package mutating func attend() {
    for place in partitions.indices where partitions[place].hasReadAskedEnd {
      guard let asked = partitions[place].askedEnd?.asked else { continue }
      let since = partitions[place].attendedSince ?? asked
      partitions[place].attendedSince = since
      let engine = partitions[place].engine
      engine.now = asked
      // The rest comes with the next turn.
      let isDone = engine.declareSilence(since: since, limit: Self.silencesAtOnce, into: &transitions)
      engine.now = clock
      own(partitions[place].id)
      if isDone { partitions[place].askedEnd = nil }
    }
  }

  /// Nobody listened for a while, to this partition or (nil) to any: whoever was silent meanwhile may not have been.
  package mutating func wasAway(from id: LogPartition?) {
    for place in partitions.indices where id == nil || partitions[place].id == id {
      partitions[place].attendedSince = nil
      partitions[place].askedEnd = nil
    }
  }

  /// The partition is read to its end as far as is known: from here on it is listened to.
  mutating func beginsToAttend(_ id: LogPartition) {
    let place = table.place(of: id)
    if place >= 0, partitions[place].isLive, partitions[place].attendedSince == nil {
      partitions[place].attendedSince = clock
    }
  }
}

extension Evaluation.Partition {
  /// Everything before the end that was asked for is read.
  fileprivate var hasReadAskedEnd: Bool {
    guard isLive, let askedEnd else { return false }
    return position >= askedEnd.end
  }
}
