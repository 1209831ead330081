import Platform

/// What follows from what didn't come: by the clock, and only if this worker was there to hear.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  /// A worker that comes so much later than it wanted was stopped meanwhile.
  private static var longAbsence: Duration { .seconds(5) }

  /// From one question for the ends of partitions to the next.
  private static var pause: Duration { .seconds(1) }

  /// Has the stage judge what follows from ends that are read, and asks for the next ones, once a second at most.
  mutating func lookAtSilence(_ now: MonotonicTime) {
    if timers.delay(now) > Self.longAbsence { stage.wasAway(from: nil) }
    stage.setClock(now, wall: time.wall)
    stage.attend()
    if timers.isDue(.silence, now) { askForEnds(now) }
    collect()
  }

  /// Asks where partitions end in which somebody may be silent. The end is the high watermark: what an open transaction
  /// hides may be a sign of life.
  private mutating func askForEnds(_ now: MonotonicTime) {
    let partitions = stage.endsToAsk
    if partitions.isEmpty { return }
    do throws(LogFailure) {
      let ends = try log.askHighWatermarks(of: partitions, until: now + plan.questionPatience)
      for (partition, end) in zip(partitions, ends) {
        if let end {
          stage.note(end: end, of: partition, asked: now.nanoseconds / 1_000_000)
        } else {
          stage.wasAway(from: partition)
        }
      }
    } catch {
      // Whom brokers can't hear, we can't either.
      for partition in partitions { stage.wasAway(from: partition) }
      voice.cannotSettle(error)
    }
    timers[.silence] = time.monotonic + Self.pause
    stage.attend()
  }

  /// Until when the next look at silences may wait; nil: nobody is waited for.
  var silenceDeadline: MonotonicTime? {
    if stage.hasReadAskedEnd { return time.monotonic }
    return stage.nextSilence.map { max(timers[.silence], MonotonicTime(nanoseconds: $0 &* 1_000_000)) }
  }
}
