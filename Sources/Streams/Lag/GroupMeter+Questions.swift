/// Which records must be looked at.
extension GroupMeter {
  /// A question: the Kafka time of the first record of a partition, at an offset or after it, that a reader of committed
  /// records gets.
  public struct Question: Hashable, Sendable {
    /// Which partition.
    public var partition: StreamPartition
    /// Where to begin.
    public var offset: Int64

    /// At this offset.
    public init(partition: StreamPartition, offset: Int64) {
      self.partition = partition
      self.offset = offset
    }

    /// Where a group reads on that has committed an offset, in a log that begins at `logStart`; nil is taken as 0.
    public init(partition: StreamPartition, from committed: Int64, logStart: Int64?) {
      self.init(partition: partition, offset: max(committed, logStart ?? 0))
    }
  }

  /// A record that is known is looked at again after this time, if there is room: compaction may have taken it.
  static let refreshAfter: Int64 = 300_000
  /// A topic that the meter may not read is tried again after this time.
  static let refusalPatience: Int64 = 60_000

  /// The questions whose answers `tell` needs: for partitions with something to read whose position moved, or where
  /// nothing was readable and more has come. Those that weren't asked for the longest time come first.
  ///
  /// - Parameters:
  ///   - answer: this round's, without first records.
  ///   - time: the brokers' clock.
  ///   - limit: how many at most. What finds no room is asked in a later round; until then `lag_seconds` is left out.
  public mutating func questions(
    about answer: GroupAnswer, at time: Int64, limit: Int = greatestQuestions
  ) -> [Question] {
    let now = Self.time(time)
    var open: [(isUrgent: Bool, asked: Int64, question: Question)] = []
    for (name, lanes) in answer.lanesByTopic {
      let topic = state.topics[name]
      let isLeft = answer.assignedTopics.map { !$0.contains(name) } ?? (topic?.standing == .left)
      if isLeft { continue }
      for (number, (lane, committed)) in lanes {
        guard let log = LogEnds(lane), max(committed, log.start) < log.readableEnd else { continue }
        let position = max(committed, log.start)
        let known = topic?.lanes[number]?.first(from: position, in: log) ?? .unknown
        let asked = asked[lane.partition]
        if known != .unknown, let asked, asked <= now {
          let patience = known == .refused ? Self.refusalPatience : Self.refreshAfter
          if now - asked < patience { continue }
        }
        open.append((known == .unknown, asked ?? -1, Question(partition: lane.partition, offset: position)))
      }
    }
    open.sort { a, b in
      if a.isUrgent != b.isUrgent { return a.isUrgent }
      return (a.asked, a.question.partition) < (b.asked, b.question.partition)
    }
    let questions = open.prefix(max(0, limit)).map(\.question)
    for question in questions { asked[question.partition] = now }
    return questions
  }
}
