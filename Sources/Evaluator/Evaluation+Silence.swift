import Records
import Rules

/// Declares subjects silent: none because an evaluator was away, lags behind or is new.
///
/// A partition's end moves on while others send, so it is never reached. Instead brokers are asked for the end. Once
/// everything before it is read, it is known which subjects had sent nothing when the question was asked. Silence is
/// judged as of then.
extension Evaluation {
  /// How many subjects are checked in one go.
  private static let silencesAtOnce = 1000

  /// When silence must be looked at next, on the clock; nil if there is nothing to look at.
  package var nextSilence: Int64? {
    var next: Int64?
    for partition in partitions where partition.isLive {
      guard let silence = partition.engine.nextSilence else { continue }
      next = min(next ?? .max, partition.attendedSince == nil ? clock : silence)
    }
    return next
  }

  /// The partitions whose ends are to be asked for: a subject may be silent there, or it was never read to its end.
  package var endsToAsk: [LogPartition] {
    partitions.filter { partition in
      guard partition.isLive, let silence = partition.engine.nextSilence else { return false }
      return partition.attendedSince == nil || silence <= clock
    }.map(\.id)
  }

  package var isReplaying: Bool { partitions.contains { !$0.isLive } }

  /// The positions of partitions that are live.
  package var livePositions: [LogPosition] { partitions.filter { $0.isLive }.map { LogPosition($0.id, $0.position) } }

  /// Brokers, asked at `asked`, answered then or a little later that a partition ends at `end`.
  package mutating func note(end: Int64, of id: LogPartition, asked: Int64) {
    let place = table.place(of: id)
    guard place >= 0 else { return }
    // An end that is still to be read stays, because a worker that lags behind would never reach a later one. It is
    // replaced only by a lower one: then the log was cut, and it is never reached.
    if let known = partitions[place].askedEnd, known.end <= end { return }
    partitions[place].askedEnd = AskedEnd(end: end, asked: asked)
  }

  /// Whether silence can be judged at once: an end that was asked for is read.
  package var hasReadAskedEnd: Bool { partitions.contains { $0.hasReadAskedEnd } }

  /// For each asked end that is read: declares the subjects silent that had sent nothing for too long by then, as far
  /// as this evaluator was listening.
  package mutating func attend() {
    for place in partitions.indices where partitions[place].hasReadAskedEnd {
      guard let asked = partitions[place].askedEnd?.asked else { continue }
      let since = partitions[place].attendedSince ?? asked
      partitions[place].attendedSince = since
      let engine = partitions[place].engine
      engine.now = asked
      // The other subjects follow in the next turn.
      let isDone = engine.declareSilence(since: since, limit: Self.silencesAtOnce, into: &transitions)
      engine.now = clock
      own(partitions[place].id)
      if isDone { partitions[place].askedEnd = nil }
    }
  }

  /// The worker didn't listen for a while, to this partition or (nil) to any: silence before now doesn't count.
  package mutating func wasAway(from id: LogPartition?) {
    for place in partitions.indices where id == nil || partitions[place].id == id {
      partitions[place].attendedSince = nil
      partitions[place].askedEnd = nil
    }
  }

  /// The partition is read to its end, as far as known: the worker listens from here on.
  mutating func beginsToAttend(_ id: LogPartition) {
    let place = table.place(of: id)
    if place >= 0, partitions[place].isLive, partitions[place].attendedSince == nil {
      partitions[place].attendedSince = clock
    }
  }
}

extension Evaluation.Partition {
  /// Whether everything before the asked end is read.
  fileprivate var hasReadAskedEnd: Bool {
    guard isLive, let askedEnd else { return false }
    return position >= askedEnd.end
  }
}
