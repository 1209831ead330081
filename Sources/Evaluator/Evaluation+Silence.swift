import Records
import Rules

/// Who is silent. Nobody is because an evaluator was away, lags behind or is new.
extension Evaluation {
  /// How many subjects are looked at in one go.
  private static let silencesAtOnce = 1000

  /// When somebody may be silent next, on the clock; nil: nobody is waited for.
  var nextSilence: Int64? { partitions.compactMap { $0.replay == nil ? $0.engine.nextSilence : nil }.min() }

  /// The partitions in which somebody may be silent now.
  var silencesDue: [LogPosition] {
    partitions.filter { partition in
      partition.replay == nil && partition.engine.nextSilence.map { $0 <= clock } ?? false
    }.map { LogPosition($0.id, $0.position) }
  }

  /// Where the partitions are that aren't replayed any more.
  var livePositions: [LogPosition] { partitions.filter { $0.replay == nil }.map { LogPosition($0.id, $0.position) } }

  /// Brokers say that this partition is read to its end now: who sent nothing for too long is declared silent, as far as
  /// this evaluator was there to hear it.
  mutating func attend(_ id: LogPartition) {
    let place = table.place(of: id)
    guard place >= 0 else { return }
    let since = partitions[place].attendedSince ?? clock
    partitions[place].attendedSince = since
    // The rest comes with the next turn.
    _ = partitions[place].engine.declareSilence(since: since, limit: Self.silencesAtOnce, into: &transitions)
  }

  /// Nobody listened for a while, to this partition or (nil) to any: whoever was silent meanwhile may not have been.
  mutating func wasAway(from id: LogPartition? = nil) {
    for place in partitions.indices where id == nil || partitions[place].id == id {
      partitions[place].attendedSince = nil
    }
  }

  /// The partition is read to its end as far as is known: from here on it is listened to.
  mutating func beginsToAttend(_ id: LogPartition) {
    let place = table.place(of: id)
    if place >= 0, partitions[place].replay == nil, partitions[place].attendedSince == nil {
      partitions[place].attendedSince = clock
    }
  }
}
