import Kafka
import Platform

/// Reads all partitions of a topic, without a group, until it is stopped.
public struct Follower: ~Copyable {
  /// The topic and where to begin.
  public struct Plan {
    /// The topic's name.
    public var topic: String
    /// Whether to wait for a topic that doesn't exist yet.
    public var waitsForTopic: Bool
    /// Where to begin in the partitions that exist at first. Later ones are read from their beginning.
    public var start: Moment

    /// A plan to follow `topic`.
    public init(topic: String, waitsForTopic: Bool, start: Moment) {
      self.topic = topic
      self.waitsForTopic = waitsForTopic
      self.start = start
    }
  }

  /// Something to tell the user.
  public enum Notice {
    /// The topic doesn't exist yet; the follower waits for it.
    case waitsForTopic
    /// Brokers don't answer; the follower keeps asking.
    case noAnswer(KafkaError)
    /// The plan begins at a time, but the topic keeps its producers' timestamps (CreateTime).
    case producersTimes
  }

  /// How following ended.
  public enum Ending: Equatable, Sendable {
    /// A signal came, or the receiver wants no more.
    case stopped
    /// Brokers say that there is no such topic.
    case noTopic
  }

  private let plan: Plan
  private let signals: Signals
  private let log: Logger
  private let notice: (Notice) -> Void
  private let wakeup: Wakeup
  private var consumer: Consumer
  /// The first offset of each partition, by its number.
  private var starts: [Offset] = []
  private var saysTimes: Bool
  private let errors = RateLimit(3, per: .seconds(60))
  private let time = SystemTime()

  /// How often the client asks brokers for new partitions, and reports how many it knows: in the background, so that no
  /// record waits for the answer.
  private static let refresh = Duration.seconds(5)
  /// How often brokers must deny that the topic exists: a new topic isn't known to all of them at once.
  private static let believedDenials = 3

  /// Creates a follower. It asks brokers nothing about the topic before `run`.
  ///
  /// - Parameters:
  ///   - log: gets the problems with the connection or a partition.
  ///   - notice: called at most once for `waitsForTopic` or `noAnswer`, and at most once for `producersTimes`.
  /// - Throws: if the configuration is refused, or no file descriptor is left.
  public static func make(
    _ configuration: Configuration, plan: Plan, signals: Signals, log: Logger,
    notice: @escaping (Notice) -> Void = { _ in }
  ) throws -> Follower {
    let wakeup = try Wakeup()
    var options = Consumer.Options()
    // If retention has deleted the first offset, reading begins with the oldest record left.
    options.reset = .beginning
    options.statisticsInterval = refresh
    var configuration = configuration
    // Inserted first, so that a user's own value overrides it.
    configuration.properties.insert(("topic.metadata.refresh.interval.ms", "\(refresh.wholeMilliseconds)"), at: 0)
    let consumer = try Consumer(configuration, options: options, log: log, wakeup: wakeup)
    return Follower(plan, signals, log, notice, wakeup, consumer)
  }

  private init(
    _ plan: Plan, _ signals: Signals, _ log: Logger, _ notice: @escaping (Notice) -> Void, _ wakeup: Wakeup,
    _ consumer: consuming Consumer
  ) {
    self.plan = plan
    self.signals = signals
    self.log = log
    self.notice = notice
    self.wakeup = wakeup
    self.consumer = consumer
    saysTimes = plan.start.wall(now: time.wall) != nil
  }

  /// Closes the client, within about a second.
  public consuming func close() { consumer.close(by: time.monotonic + .seconds(1)) }

  /// Passes each batch to `show` until it returns false or a signal comes.
  public mutating func run(_ show: (borrowing Batch) -> Bool) -> Ending {
    if let ending = begin() { return ending }
    while true {
      takeEvents()
      let batch = consumer.fetch()
      if batch.isEmpty {
        if signals.wait(or: wakeup, until: nil) == .stop { return .stopped }
        continue
      }
      sayWhatIsOdd(in: batch)
      if !show(batch) || signals.take() == .stop { return .stopped }
    }
  }

  /// Processes events, among them statistics with the topic's current number of partitions.
  private mutating func takeEvents() {
    while let event = consumer.nextEvent() {
      guard case .statistics(let statistics) = event else { continue }
      let known = statistics.partitions.map(\.partition).filter { $0.topic == plan.topic }.map(\.partition).max()
      if let known { takeNew(known + 1) }
    }
  }

  /// Finds the partitions and their start offsets. Waits as long as brokers are unreachable.
  ///
  /// - Returns: nil on success, else how following ended.
  private mutating func begin() -> Ending? {
    var hasComplained = false
    /// How often brokers have denied that the topic exists.
    var denials = 0
    while true {
      do {
        try take(consumer.partitionCount(of: plan.topic, within: .seconds(1)))
        return nil
      } catch {
        let isUnknown = error.code.isUnknownTopic
        if isUnknown, !plan.waitsForTopic {
          denials += 1
          if denials == Self.believedDenials { return .noTopic }
        } else if !hasComplained {
          notice(isUnknown ? .waitsForTopic : .noAnswer(error))
          hasComplained = true
        }
      }
      while consumer.nextEvent() != nil {}
      if signals.pause(.milliseconds(500), drainingRingsOf: wakeup) { return .stopped }
    }
  }

  /// Adds partitions up to `count`.
  private mutating func take(_ count: Int32) throws(KafkaError) {
    let new = (Int32(starts.count)..<max(count, Int32(starts.count))).map { TopicPartition(plan.topic, $0) }
    if new.isEmpty { return }
    // A partition that was added later is read from its beginning: all its records are newer than the start.
    let begin = starts.isEmpty ? plan.start : .beginning
    var found: [Offset] = []
    switch begin {
    case .beginning:
      found = new.map { _ in .beginning }
    case .now:
      for partition in new {
        found.append(Offset(try consumer.queryWatermarks(of: partition, within: .seconds(2)).high))
      }
    case .ago, .at:
      let from = begin.wall(now: time.wall) ?? time.wall
      let offsets = try consumer.starts(at: from, in: new, within: .seconds(2))
      found = new.map { partition in offsets.first { $0.partition == partition }?.offset ?? .end }
    }
    let held = starts.indices.map { TopicPartition(plan.topic, Int32($0)) }
    let positions = zip(held, starts).map { partition, start in
      PartitionOffset(partition, consumer.position(of: partition).map { Offset($0) } ?? start)
    }
    try consumer.assign(positions + zip(new, found).map { PartitionOffset($0, $1) })
    starts += found
  }

  /// Adds new partitions from their beginning, which needs no request. If it fails, the next statistics event repeats
  /// it.
  private mutating func takeNew(_ count: Int32) {
    do {
      try take(count)
    } catch {
      log.limited(
        errors, .warning, "new partitions can't be read yet",
        ["topic": .string(plan.topic), "error": .string("\(error)")])
    }
  }

  private mutating func sayWhatIsOdd(in batch: borrowing Batch) {
    for index in batch.indices {
      if let error = batch.error(at: index) {
        let partition = consumer.partition(at: batch[index].partitionIndex)
        log.limited(
          errors, .warning, "a partition can't be read",
          ["partition": .string(partition.map { "\($0)" } ?? plan.topic), "error": .string("\(error)")])
      } else if saysTimes, batch[index].timestampKind == .created {
        saysTimes = false
        notice(.producersTimes)
      }
    }
  }
}
