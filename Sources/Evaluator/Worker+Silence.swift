import Platform

/// When somebody is declared silent: on the wall clock, and only where this worker was there to hear.
extension Worker where Log: ~Copyable {
  /// A worker that comes so much later than it wanted was stopped meanwhile.
  private static var longAbsence: Duration { .seconds(5) }

  /// From one question for the ends of partitions to the next.
  private static var pause: Duration { .seconds(1) }

  /// Declares who is silent where an end is read that was asked for, and asks for the next ones, once a second at most.
  mutating func declareSilences(_ now: MonotonicTime) {
    if timers.delay(now) > Self.longAbsence { evaluation.wasAway() }
    evaluation.setClock(now)
    evaluation.attend()
    if timers.isDue(.silence, now) { askForEnds(now) }
    collect()
  }

  /// Asks where partitions end in which somebody may be silent. The end is the high watermark: what an open transaction
  /// hides may be a sign of life.
  private mutating func askForEnds(_ now: MonotonicTime) {
    let partitions = evaluation.endsToAsk
    if partitions.isEmpty { return }
    do throws(LogFailure) {
      let ends = try log.askHighWatermarks(of: partitions, until: now + plan.questionPatience)
      for (partition, end) in zip(partitions, ends) {
        if let end {
          evaluation.note(end: end, of: partition, asked: now.nanoseconds / 1_000_000)
        } else {
          evaluation.wasAway(from: partition)
        }
      }
    } catch {
      // Whom brokers can't hear, we can't either.
      for partition in partitions { evaluation.wasAway(from: partition) }
      voice.cannotSettle(error)
    }
    timers[.silence] = time.monotonic + Self.pause
    evaluation.attend()
  }

  /// Until when the next look at silences may wait; nil: nobody is waited for.
  var silenceDeadline: MonotonicTime? {
    if evaluation.hasReadAskedEnd { return time.monotonic }
    return evaluation.nextSilence.map { max(timers[.silence], MonotonicTime(nanoseconds: $0 &* 1_000_000)) }
  }
}
