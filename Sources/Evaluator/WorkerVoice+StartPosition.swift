import Platform

/// Log lines about where partitions go on, and which records are skipped.
extension WorkerVoice {
  /// The Kafka times before and after a gap, as far as known.
  struct Times: Equatable {
    /// Of the last evaluated record before it.
    var lastEvaluated: WallTime?
    /// Of the first record after it.
    var goesOn: WallTime?
  }

  /// Logs what people should know of where a partition goes on.
  func note(_ note: StartPosition.Note, of partition: LogPartition, _ times: Times) {
    var facts: LogMetadata
    switch note {
    case .begins(let position, let passed):
      facts = ["from": .int(position), "records_passed_by": .int(passed)]
      times.add(to: &facts)
      log.notice(
        "the group begins with this partition; [evaluator] start sets where a first start begins",
        self.facts(partition, facts))
    case .strangersPosition(let committed, let position):
      log.warning(
        "another program has committed a position for the evaluators' group; it is ignored, because the evaluators are only beginning; cure: give that program a group of its own",
        self.facts(partition, ["committed": .int(committed), "from": .int(position)]))
    case .groupIsBehind(let committed):
      log.warning(
        "the group's position is behind the changelog's and is ignored; to evaluate old records again, use backtest",
        self.facts(partition, ["committed": .int(committed)]))
    case .groupIsAhead(let from, let to):
      facts = ["from": .int(from), "to": .int(to), "records": .int(to - from)]
      times.add(to: &facts)
      log.warning(
        "the group's position was moved on by another program: the records between are not evaluated; cure: if that wasn't intended, give the program that commits for this group a group of its own",
        self.facts(partition, facts))
    case .unwatched(let from, let to):
      log.notice(
        "no rule watched this stream's records until now; those between are not evaluated",
        self.facts(partition, ["from": .int(from), "to": .int(to), "records": .int(to - from)]))
    case .skipped(let from, let to):
      facts = ["from": .int(from), "to": .int(to), "records": .int(to - from)]
      times.add(to: &facts)
      log.error(
        "retention passed the position: records were deleted before they could be evaluated",
        self.facts(partition, facts))
    case .lostReplay(let from, let to):
      facts = ["from": .int(from), "to": .int(to)]
      times.add(to: &facts)
      log.error(
        "retention deleted records that no checkpoint covers; their effect on alerts is lost",
        self.facts(partition, facts))
    case .recreated(let from, let to):
      facts = ["position": .int(from), "from": .int(to)]
      times.add(to: &facts)
      log.error(
        "the position belongs to another log: the topic was deleted and created again; it is evaluated from its beginning, and firing alerts keep firing",
        self.facts(partition, facts))
    case .beyondEnd(let position, let to):
      facts = ["position": .int(position), "from": .int(to)]
      times.add(to: &facts)
      log.error(
        "the changelog's position is beyond the partition's end, and can't be used; evaluation goes on after the last evaluated record",
        self.facts(partition, facts))
    }
  }
}

extension WorkerVoice.Times {
  /// Adds the known times, and the time between them.
  fileprivate func add(to facts: inout LogMetadata) {
    if let lastEvaluated { facts.append("last_evaluated", .time(lastEvaluated)) }
    if let goesOn { facts.append("goes_on", .time(goesOn)) }
    if let lastEvaluated, let goesOn { facts.append("apart", .duration(goesOn - lastEvaluated)) }
  }
}
