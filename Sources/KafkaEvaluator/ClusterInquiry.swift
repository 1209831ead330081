import Evaluator
import Kafka
import Platform
import Streams

/// The questions about the cluster and its consumer groups, put to brokers. Each call blocks for some seconds at most:
/// for a thread that does nothing else.
struct ClusterInquiry: ~Copyable {
  /// How long brokers may take for a list, for positions, and for records.
  private static let listPatience = Duration.seconds(5)
  private static let offsetPatience = Duration.seconds(3)
  private static let endPatience = Duration.seconds(2)
  private static let recordPatience = Duration.seconds(5)
  /// How long a group may have no coordinator until the clients are made anew.
  private static let longestWait = Duration.seconds(300)
  /// How many partitions of groups are asked for in one round at most. Groups beyond have no answer in it.
  private static let greatestPartitions = 100_000
  /// How many missing rights are said at most.
  private static let greatestSaid = 1000

  private let configuration: Configuration
  private let logger: Logger
  private let bell: Wakeup
  private var inspector: GroupInspector?
  private var reader: FirstRecordReader?
  /// The leader of each partition of each topic; negative if there is none.
  private var leaders: [String: [Int32: Int32]] = [:]
  /// The groups and topics whose missing rights are said.
  private var said: Set<String> = []

  init(_ configuration: Configuration, _ logger: Logger, _ bell: Wakeup) {
    (self.configuration, self.logger, self.bell) = (configuration, logger, bell)
  }

  /// Logs what clients have to say.
  mutating func serve() {
    inspector?.serve()
    reader?.serve()
  }

  mutating func answer(_ question: ClusterQuestion) -> ClusterAnswer {
    defer { serve() }
    do throws(KafkaError) {
      try makeClients()
      switch question {
      case .overview(let withGroups): return .overview(try overview(withGroups: withGroups))
      case .positions(let groups): return .positions(positions(of: groups))
      case .firstRecords(let questions): return .firstRecords(try firstRecords(questions))
      }
    } catch {
      return .none(reason: "\(error)")
    }
  }

  /// A request of the inspector may not wait for too long (`GroupInspector.longestWait`).
  private mutating func makeClients() throws(KafkaError) {
    let now = SystemTime().monotonic
    if let wait = inspector?.longestWait(at: now), wait > Self.longestWait, let old = inspector.take() {
      old.close(by: now)
    }
    if inspector == nil { inspector = try GroupInspector(configuration, log: logger, wakeup: bell) }
    if reader == nil { reader = try FirstRecordReader(configuration, logger, bell) }
  }

  // MARK: Overview

  private mutating func overview(withGroups: Bool) throws(KafkaError) -> ClusterOverview {
    guard let cluster = try inspector?.cluster(within: Self.listPatience) else {
      throw KafkaError(code: .state, message: "there is no client")
    }
    leaders = [:]
    var partitions: [ClusterReading.Partition] = []
    for topic in cluster.topics where topic.error == nil {
      leaders[topic.name] = Dictionary(topic.partitions.map { ($0.id, $0.leader) }) { $1 }
      partitions += topic.partitions.map {
        ClusterReading.Partition(leader: $0.leader, replicas: $0.replicas, inSync: $0.inSync)
      }
    }
    var overview = ClusterOverview(
      cluster: ClusterReading(brokers: Set(cluster.brokers.keys), partitions: partitions))
    guard withGroups else { return overview }
    do throws(KafkaError) {
      guard let (groups, isComplete) = try inspector?.groups(within: Self.listPatience) else { return overview }
      overview.hasAllGroups = isComplete
      for group in groups {
        if let error = group.error { say(error, .describeGroup(group.name)) }
        overview.groups[group.name] = GroupView(members: group.members, word: group.state, topics: group.topics)
      }
    } catch {
      logger.debug("brokers don't list their consumer groups", ["reason": .string("\(error)")])
    }
    return overview
  }

  // MARK: Positions

  private mutating func positions(of groups: [String]) -> [String: [GroupAnswer.Lane]] {
    let deadline = SystemTime().monotonic + Self.offsetPatience
    let answers = inspector?.offsets(of: groups, until: deadline) ?? [:]
    var offsets: [String: [PartitionOffset]] = [:]
    var all: Set<TopicPartition> = []
    for group in groups {
      switch answers[group] {
      case .success(let found):
        let known = found.filter { leaders[$0.partition.topic]?[$0.partition.partition] != nil }
        if all.count + known.count > Self.greatestPartitions { continue }
        offsets[group] = known
        all.formUnion(known.map(\.partition))
      case .failure(let error): say(error, .describeGroup(group))
      case nil: break
      }
    }
    let logs = logs(of: all)
    return offsets.mapValues { places in
      places.map { place in
        let log = logs[place.partition]
        return GroupAnswer.Lane(
          StreamPartition(place.partition.topic, place.partition.partition), committed: place.offset.rawValue,
          logStart: log?.start, highWatermark: log?.end, lastStable: log?.stable)
      }
    }
  }

  private struct Log {
    var start: Int64?
    var end: Int64?
    var stable: Int64?
  }

  /// Asks each leader by itself: one that is silent keeps nothing of the others back.
  private mutating func logs(of partitions: Set<TopicPartition>) -> [TopicPartition: Log] {
    var logs: [TopicPartition: Log] = [:]
    for (leader, own) in Dictionary(grouping: partitions, by: { leaders[$0.topic]?[$0.partition] ?? -1 })
    where leader >= 0 {
      let own = own.sorted()
      guard let starts = try? inspector?.beginnings(of: own, within: Self.endPatience),
        let ends = try? inspector?.highWatermarks(of: own, within: Self.endPatience)
      else { continue }
      let stables = (try? reader?.ends(of: own, within: Self.endPatience)) ?? []
      for (index, partition) in own.enumerated() where index < starts.count && index < ends.count {
        logs[partition] = Log(
          start: starts[index], end: ends[index], stable: index < stables.count ? stables[index] : nil)
      }
    }
    return logs
  }

  // MARK: Records

  private mutating func firstRecords(
    _ questions: [GroupMeter.Question]
  ) throws(KafkaError) -> [GroupMeter.Question: GroupAnswer.FirstRecord] {
    let deadline = SystemTime().monotonic + Self.recordPatience
    guard let found = try reader?.read(questions, until: deadline) else { return [:] }
    for (question, first) in found where first == .refused {
      say(
        KafkaError(code: .topicAuthorizationFailed, message: "a record can't be read"),
        .read(topic: question.partition.topic))
    }
    return found
  }

  // MARK: Rights

  /// Says once which right is missing.
  private mutating func say(_ error: KafkaError, _ purpose: MissingRight.Purpose) {
    guard let missing = MissingRight(error.code, for: purpose, configuration) else { return }
    if said.count >= Self.greatestSaid || !said.insert(missing.right).inserted { return }
    logger.warning(
      "a consumer group's lag isn't fully known, because this meter lacks a right; an administrator can grant it",
      missing.facts)
  }

  consuming func close(by deadline: MonotonicTime) {
    if let inspector = inspector.take() { inspector.close(by: deadline) }
    if let reader = reader.take() { reader.close(by: deadline) }
  }
}
