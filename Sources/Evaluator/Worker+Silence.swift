import Platform

/// Silence: judged by the clock, and only if this worker was listening.
extension Worker where Log: ~Copyable, Stage: ~Copyable {
  /// A turn that comes this late shows that the worker was stopped meanwhile.
  private static var longAbsence: Duration { .seconds(5) }

  /// From one question for the ends of partitions to the next.
  private static var pause: Duration { .seconds(1) }

  /// Lets the stage judge silence by the ends that are read, and asks for the next ones, once a second at most.
  mutating func lookAtSilence(_ now: MonotonicTime) {
    if timers.delay(now) > Self.longAbsence { stage.wasAway(from: nil) }
    stage.setClock(now, wall: time.wall)
    stage.attend()
    if timers.isDue(.silence, now) { askForEnds(now) }
    collect()
  }

  /// Asks for the ends of partitions in which a subject may be silent. The end is the high watermark, because an open
  /// transaction may hide a sign of life.
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
      // While brokers can't be reached, signs of life don't come through either.
      for partition in partitions { stage.wasAway(from: partition) }
      voice.cannotSettle(error)
    }
    timers[.silence] = time.monotonic + Self.pause
    stage.attend()
  }

  /// When silence must be looked at next; nil if there is nothing to look at.
  var silenceDeadline: MonotonicTime? {
    if stage.hasReadAskedEnd { return time.monotonic }
    return stage.nextSilence.map { max(timers[.silence], MonotonicTime(nanoseconds: $0 &* 1_000_000)) }
  }
}
