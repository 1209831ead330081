import Platform
import Streams

/// Rounds of questions about the cluster and its consumer groups: what to ask next, and what answers mean. It asks
/// nobody itself, and waits for nobody.
///
/// A round asks for the cluster and the groups, then for the positions of those groups whose turn it is, then for the
/// records that wait for them. A step without an answer ends its round; the next one begins after the interval.
struct LagWatch {
  /// How many groups are asked for in one round at most.
  static let greatestGroups = 500
  /// How many topics of a group have readings at most: the first ones by name.
  static let greatestTopics = 1000
  /// How long a step may take before nobody waits for its answer.
  static let patience = Duration.seconds(30)

  /// What a round waits for.
  private enum Phase: Equatable {
    case rests
    case asksOverview
    case asksPositions
    case asksFirstRecords
  }

  /// Something to be delivered: readings, and the state that belongs to them.
  struct Telling: Equatable {
    var readings: [StreamReading]
    /// The group whose state changes; nil if there is none.
    var group: String?
    /// Its new state; nil if it is gone.
    var state: GroupState?
  }

  let orders: LagOrders
  private let instance: String
  private let filter: GroupFilter
  private let named: Set<String>
  private var rota = GroupRota()
  private var meters: [String: GroupMeter] = [:]
  /// What other meters left of groups that this one hasn't asked for yet.
  private var left: [String: GroupState]
  private var phase = Phase.rests
  private var asked: MonotonicTime
  /// When the next round is due; nil: at once.
  private var next: MonotonicTime?
  /// Of this round: the groups as their coordinators see them, and the answers so far, in the order of their turns.
  private var views: [String: GroupView] = [:]
  private var chosen: [String] = []
  private var answers: [(group: String, answer: GroupAnswer)] = []
  /// The group at which the last round had no room for more records; the next round looks at its records first.
  private var cut: String?
  private var probe = Probe()
  private var tellings: [Telling] = []
  private var remarks: [MeterRemark] = []

  /// - Parameter states: what another meter left.
  /// - Throws: if one of the expressions can't be compiled.
  init(
    _ orders: LagOrders, instance: String, states: [String: GroupState], now: MonotonicTime
  ) throws(Expression.Problem) {
    self.orders = orders
    self.instance = instance
    filter = try GroupFilter(orders.groups, excluding: orders.ownGroups)
    named = Set(orders.groups.filter { !$0.hasPrefix("^") })
    left = states
    asked = now
  }

  // MARK: Questions

  /// The question of a round that is due, with the reading of what this meter itself sees; nil if none is.
  mutating func begin(at time: Int64, _ now: MonotonicTime) -> ClusterQuestion? {
    if phase != .rests {
      if now - asked < Self.patience { return nil }
      remarks.append(.silentCluster(reason: "no answer within \(Self.patience.text)"))
      phase = .rests
    }
    // What the last round told goes first: it is bounded, and so is what waits.
    guard tellings.isEmpty, next.map({ $0 <= now }) ?? true else { return nil }
    // Rounds keep their pace; one that was missed isn't made up for.
    next = max((next ?? now) + orders.interval, now)
    if let reading = probe.take(instance: instance, at: time) { tellings.append(Telling(readings: [reading])) }
    return ask(.overview(withGroups: !orders.groups.isEmpty), .asksOverview, now)
  }

  private mutating func ask(_ question: ClusterQuestion, _ phase: Phase, _ now: MonotonicTime) -> ClusterQuestion {
    (self.phase, asked) = (phase, now)
    return question
  }

  /// Takes an answer that came at the brokers' time `time`. Returns the round's next question; nil if it is over.
  mutating func take(_ answer: ClusterAnswer, at time: Int64, _ now: MonotonicTime) -> ClusterQuestion? {
    switch (answer, phase) {
    case (.overview(let overview), .asksOverview):
      tellings.append(Telling(readings: [overview.cluster.reading(at: time)]))
      chosen = choose(overview)
      if !chosen.isEmpty { return ask(.positions(of: chosen), .asksPositions, now) }
    case (.positions(let positions), .asksPositions):
      let questions = note(positions, at: time)
      if !questions.isEmpty { return ask(.firstRecords(questions), .asksFirstRecords, now) }
      tell(at: time)
    case (.firstRecords(let found), .asksFirstRecords):
      fill(found)
      tell(at: time)
    case (.none(let reason), _) where phase != .rests:
      remarks.append(.silentCluster(reason: reason))
      // Without the records there are no ages; everything else is known.
      if phase == .asksFirstRecords { tell(at: time) }
    default: return nil
    }
    phase = .rests
    return nil
  }

  // MARK: Groups

  /// The groups whose turn it is. Forgets those that are gone.
  private mutating func choose(_ overview: ClusterOverview) -> [String] {
    views = overview.groups
    let watched = Set(overview.groups.keys.filter(filter.matches)).union(named)
    if overview.hasAllGroups {
      for group in Set(left.keys).union(meters.keys).subtracting(watched).sorted() { drop(group) }
    }
    let chosen = rota.next(of: watched, limit: Self.greatestGroups)
    if rota.refused > 0 { remarks.append(.tooManyGroups(rota.refused)) }
    return chosen
  }

  private mutating func drop(_ group: String) {
    meters[group] = nil
    left[group] = nil
    tellings.append(Telling(readings: [], group: group, state: nil))
  }

  /// Notes the positions. Returns the records to look at.
  private mutating func note(_ positions: [String: [GroupAnswer.Lane]], at time: Int64) -> [GroupMeter.Question] {
    answers = []
    var questions: [GroupMeter.Question] = []
    let start = cut.flatMap { chosen.firstIndex(of: $0) } ?? 0
    cut = nil
    for group in chosen[start...] + chosen[..<start] {
      guard var lanes = positions[group] else { continue }
      let topics = Set(lanes.map(\.partition.topic))
      if topics.count > Self.greatestTopics {
        let kept = Set(topics.sorted().prefix(Self.greatestTopics))
        lanes.removeAll { !kept.contains($0.partition.topic) }
        remarks.append(.tooManyTopics(group: group, topics.count))
      }
      let view = views[group] ?? GroupView()
      let answer = GroupAnswer(lanes: lanes, members: view.members, word: view.word, topics: view.topics)
      var meter = meters[group] ?? newMeter(group)
      let room = GroupMeter.greatestQuestions - questions.count
      questions += meter.questions(about: answer, at: time, limit: room)
      if questions.count == GroupMeter.greatestQuestions, cut == nil { cut = group }
      meters[group] = meter
      answers.append((group, answer))
    }
    return questions
  }

  private mutating func newMeter(_ group: String) -> GroupMeter {
    GroupMeter(
      group, state: left.removeValue(forKey: group), stalledAfter: orders.stalledAfter.wholeMilliseconds)
  }

  /// Puts what was found into the answers.
  private mutating func fill(_ found: [GroupMeter.Question: GroupAnswer.FirstRecord]) {
    for index in answers.indices {
      for lane in answers[index].answer.lanes.indices {
        let place = answers[index].answer.lanes[lane]
        guard let committed = place.committed else { continue }
        let question = GroupMeter.Question(partition: place.partition, from: committed, logStart: place.logStart)
        if let first = found[question] { answers[index].answer.lanes[lane].firstRecord = first }
      }
    }
  }

  private mutating func tell(at time: Int64) {
    for (group, answer) in answers {
      guard var meter = meters[group] else { continue }
      let isKnown = meter.state.told > 0
      let readings = meter.tell(answer, at: time)
      if readings.isEmpty {
        if isKnown { drop(group) } else { meters[group] = nil }
      } else {
        meters[group] = meter
        tellings.append(Telling(readings: readings, group: group, state: meter.state))
      }
    }
    answers = []
  }

  // MARK: Telling

  /// A delivery was made.
  mutating func note(_ times: DeliveryTimes) { probe.note(times) }

  /// The next things to deliver, about as many as `limit`, whole groups only.
  mutating func takeTellings(_ limit: Int) -> [Telling] {
    var count = 0
    var taken = 0
    while taken < tellings.count, count < limit {
      count += tellings[taken].readings.count + 1
      taken += 1
    }
    defer { tellings.removeFirst(taken) }
    return Array(tellings.prefix(taken))
  }

  /// What people should read, once.
  mutating func takeRemarks() -> [MeterRemark] {
    defer { remarks = [] }
    return remarks
  }
}

/// What a meter's own deliveries say of the cluster, since the last reading.
private struct Probe {
  private var append = (sum: Duration.zero, count: 0)
  private var commit = (sum: Duration.zero, count: 0)

  mutating func note(_ times: DeliveryTimes) {
    if let time = times.append { append = (append.sum + time, append.count + 1) }
    if let time = times.commit { commit = (commit.sum + time, commit.count + 1) }
  }

  /// The reading of the averages, which begin anew; nil if nothing was delivered.
  mutating func take(instance: String, at time: Int64) -> StreamReading? {
    defer { self = Probe() }
    if append.count == 0, commit.count == 0 { return nil }
    return .probe(
      instance: instance, appendTime: Self.average(append), commitTime: Self.average(commit), at: time)
  }

  /// Milliseconds, to the microsecond.
  private static func average(_ all: (sum: Duration, count: Int)) -> Double? {
    all.count == 0 ? nil : Double((all.sum / all.count).wholeMicroseconds) / 1000
  }
}
