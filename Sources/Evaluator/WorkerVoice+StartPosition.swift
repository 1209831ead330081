import Platform

/// Where partitions go on, and what is left out between.
extension WorkerVoice {
  /// The Kafka times beside a gap, as far as they are known.
  struct Times: Equatable {
    /// Of the last record that was evaluated before it.
    var lastEvaluated: WallTime?
    /// Of the first record behind it.
    var goesOn: WallTime?
  }

  /// What people should know of where a partition goes on.
  func note(_ note: StartPosition.Note, of partition: LogPartition, _ times: Times) {
    var facts: LogMetadata
    switch note {
    case .begins(let position, let passed):
      facts = ["from": .int(position), "records_passed_by": .int(passed)]
      times.add(to: &facts)
      log.notice(
        "the group begins with this partition; [evaluator] start says from where on a first start evaluates",
        self.facts(partition, facts))
    case .strangersPosition(let committed, let position):
      log.warning(
        "another program has committed a position for the evaluators' group; it doesn't count where they begin; cure: give that program a group of its own",
        self.facts(partition, ["committed": .int(committed), "from": .int(position)]))
    case .groupIsBehind(let committed):
      log.warning(
        "the group's position is behind the changelog's and is ignored; backtest is for looking back",
        self.facts(partition, ["committed": .int(committed)]))
    case .groupIsAhead(let from, let to):
      facts = ["from": .int(from), "to": .int(to), "records": .int(to - from)]
      times.add(to: &facts)
      log.warning(
        "the group's position was moved on by somebody who is no evaluator: records between are not evaluated; cure: where nobody meant to, give the program that commits for this group a group of its own",
        self.facts(partition, facts))
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
        "retention took records that the state isn't written down of; series may lack what they said",
        self.facts(partition, facts))
    case .recreated(let from, let to):
      facts = ["position": .int(from), "from": .int(to)]
      times.add(to: &facts)
      log.error(
        "it isn't the log that the position was made in: the topic was deleted and created again; evaluated from its beginning, and what fires keeps firing",
        self.facts(partition, facts))
    case .beyondEnd(let position, let to):
      facts = ["position": .int(position), "from": .int(to)]
      times.add(to: &facts)
      log.error(
        "the changelog's position is beyond the partition's end, and can't be used; evaluated from behind the last record that it names",
        self.facts(partition, facts))
    }
  }
}

extension WorkerVoice.Times {
  /// The times that are known, and how far they are apart.
  fileprivate func add(to facts: inout LogMetadata) {
    if let lastEvaluated { facts.append("last_evaluated", .time(lastEvaluated)) }
    if let goesOn { facts.append("goes_on", .time(goesOn)) }
    if let lastEvaluated, let goesOn { facts.append("apart", .duration(goesOn - lastEvaluated)) }
  }
}
