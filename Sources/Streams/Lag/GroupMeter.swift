import Platform

/// Tells how far a consumer group is behind, and how it is: a pure function of what brokers answer, and when. Times are
/// in milliseconds since the epoch.
///
/// A round has three steps. The caller asks brokers for the group's offsets and the ends of its partitions; it finds the
/// first records that `questions` names, and puts them into the answer; it calls `tell`.
///
/// The group's state rests on what it could read. Transaction markers, records of open and aborted transactions, holes
/// that compaction left, and a position below the log's start (which counts as the start) are nothing to read. So they,
/// an idle topic, a topic that the group has left, and a group that has just come or gone raise nothing.
public struct GroupMeter {
  /// How long something readable waits without any progress until a group is stalled or stopped, unless the caller
  /// decides otherwise. It takes two rounds at least, too. A group that commits less often than this looks stalled
  /// between its commits.
  public static let defaultPatience: Int64 = 30_000
  /// How many first records one round asks for at most.
  public static let greatestQuestions = 500

  /// Its name.
  public let group: String
  /// How long something readable waits without any progress until the group is stalled or stopped, milliseconds.
  public let stalledAfter: Int64
  /// What the next round compares with, or the next meter.
  public private(set) var state: GroupState
  /// Whether there was a round before the next one, also of another meter.
  private var hasHistory: Bool
  /// Whether the next round is this meter's first: it doesn't know how long it is since the last one.
  private var isFirst = true
  /// When each partition's first record was asked for last.
  var asked: [StreamPartition: Int64] = [:]

  /// - Parameters:
  ///   - state: what another meter left; nil if there was none.
  ///   - stalledAfter: see `stalledAfter`; a negative one is taken as 0.
  public init(_ group: String, state: GroupState? = nil, stalledAfter: Int64 = defaultPatience) {
    self.group = group
    self.stalledAfter = max(0, stalledAfter)
    self.state = state ?? GroupState()
    hasHistory = state != nil
    for (topic, lanes) in self.state.topics.mapValues(\.lanes) {
      for number in lanes.keys { asked[StreamPartition(topic, number)] = self.state.told }
    }
  }

  /// The nearest time that a reading can have.
  static func time(_ time: Int64) -> Int64 { min(max(0, time), WallTime.latest.milliseconds) }

  /// Ends a round: the reading of the group, then one for each of its topics, in the order of their names. There are none
  /// if the group has neither members nor offsets.
  ///
  /// - Parameters:
  ///   - answer: all of what brokers say; a group whose coordinator gives no answer has no round.
  ///   - time: the brokers' clock when they said it.
  public mutating func tell(_ answer: GroupAnswer, at time: Int64) -> [StreamReading] {
    let now = Self.time(time)
    let members = answer.knownMembers
    var next = GroupState()
    next.told = now
    next.wait = state.wait
    var tallies: [(topic: String, tally: GroupTally)] = []
    for (name, lanes) in answer.lanesByTopic.sorted(by: { $0.key < $1.key }) {
      var topic = state.topics[name] ?? GroupState.Topic()
      var tally = GroupTally()
      let before = topic.lanes
      topic.lanes = lanes.mapValues {
        tally.add($0.lane, committed: $0.committed, before: before[$0.lane.partition.number], hasHistory: hasHistory)
      }
      topic.wait.note(isReadable: tally.isReadable, hasMoved: tally.hasMoved, at: now)
      next.topics[name] = topic
      tallies.append((name, tally))
    }
    let moving = tallies.count { $0.tally.hasMoved }
    var whole = GroupTally()
    var isReadable = false
    for (name, tally) in tallies {
      let standing = standing(of: name, next.topics[name], tally, moving: moving, answer.assignedTopics, at: now)
      next.topics[name]?.standing = standing
      whole.add(tally, isLeft: standing == .left)
      if tally.isReadable, standing.counts(members: members) { isReadable = true }
    }
    next.wait.note(isReadable: isReadable, hasMoved: whole.hasMoved, at: now)
    let length = isFirst ? nil : max(0, now - state.told)
    (state, hasHistory, isFirst) = (next, true, false)
    asked = asked.filter { next.topics[$0.key.topic]?.lanes[$0.key.number] != nil }
    if tallies.isEmpty, members ?? 0 == 0 { return [] }
    return readings(tallies, whole, members, length)
  }

  /// What a topic is to the group after this round.
  private func standing(
    of name: String, _ topic: GroupState.Topic?, _ tally: GroupTally, moving: Int, _ assigned: Set<String>?,
    at now: Int64
  ) -> GroupState.Standing {
    if let assigned { return assigned.contains(name) ? .assigned : .left }
    let standing = topic?.standing ?? .unknown
    if tally.hasMoved { return standing == .assigned ? .assigned : .moving }
    if standing == .left || standing == .assigned || moving == 0 { return standing }
    return topic?.wait.exceeds(stalledAfter, at: now) == true ? .passed : standing
  }

  private func readings(
    _ tallies: [(topic: String, tally: GroupTally)], _ whole: GroupTally, _ members: Int?, _ length: Int64?
  ) -> [StreamReading] {
    let isOverdue = state.wait.exceeds(stalledAfter, at: state.told)
    var frame = StreamReading.GroupFrame(now: state.told, length: length, members: members)
    if length != nil, whole.hasPrevious || tallies.isEmpty {
      frame.condition = GroupCondition(
        members: members, isRewinding: whole.isRewinding, hasMoved: whole.hasMoved, isOverdue: isOverdue)
    }
    var readings = [StreamReading(["group", group], kind: "group", whole, frame)]
    for (name, tally) in tallies {
      let topic = state.topics[name] ?? GroupState.Topic()
      frame.isLeft = topic.standing == .left
      frame.condition = nil
      if length != nil, tally.hasPrevious, !frame.isLeft {
        // Without an assignment, only a group that does nothing at all is surely not busy elsewhere.
        let isAlone =
          topic.standing.counts(members: members) && topic.wait.exceeds(stalledAfter, at: state.told)
          && (topic.standing == .assigned || isOverdue)
        frame.condition = GroupCondition(
          members: members, isRewinding: tally.isRewinding, hasMoved: tally.hasMoved, isOverdue: isAlone)
      }
      readings.append(StreamReading(["group", group, name], kind: "group-topic", tally, frame))
    }
    return readings
  }
}

extension GroupState.Standing {
  /// Whether what waits in the topic says something about the group. One that has members may have left a topic that
  /// nobody has seen it consume.
  func counts(members: Int?) -> Bool {
    switch self {
    case .assigned, .moving: true
    case .unknown: members.map { $0 == 0 } ?? true
    case .left, .passed: false
    }
  }
}
