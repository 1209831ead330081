import Platform

/// When somebody is declared silent: on the wall clock, and only where this worker was there to hear.
extension Worker where Log: ~Copyable {
  /// A worker that comes so much later than it wanted was stopped meanwhile.
  private static var longAbsence: Duration { .seconds(5) }

  /// Asks, once a second at most, whether partitions in which somebody may be silent are read to their end, and declares
  /// who is. The end is the high watermark: what an open transaction hides may be a sign of life.
  mutating func declareSilences(_ now: MonotonicTime) {
    if now - expectedBy > Self.longAbsence { evaluation.wasAway() }
    guard now >= nextSilenceCheck else { return }
    evaluation.setClock(now)
    let due = evaluation.silencesDue
    if due.isEmpty { return }
    nextSilenceCheck = now + .seconds(1)
    do throws(LogFailure) {
      let ends = try log.ends(of: due.map(\.partition), until: now + plan.questionPatience)
      for (place, end) in zip(due, ends) { attend(place, end: end) }
    } catch {
      // Whom brokers can't hear, we can't either.
      for place in due { evaluation.wasAway(from: place.partition) }
      voice.cannotSettle(error)
    }
    collect()
  }

  /// Declares who is silent in a partition that has been read to its end.
  ///
  /// - Parameter end: its last stable offset; nil: nobody says it.
  private mutating func attend(_ place: LogPosition, end: Int64?) {
    guard let end else { return evaluation.wasAway(from: place.partition) }
    guard let last = log.highWatermark(of: place.partition), end <= place.position, last <= place.position else {
      return
    }
    evaluation.attend(place.partition)
  }

  /// Until when the next look at silences may wait; nil: nobody is waited for.
  var silenceDeadline: MonotonicTime? {
    evaluation.nextSilence.map { max(nextSilenceCheck, MonotonicTime(nanoseconds: $0 &* 1_000_000)) }
  }
}
