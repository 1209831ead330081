import Kafka
import Platform

/// Follows all partitions of a topic, without a group, until it is stopped.
struct Follower: ~Copyable {
  /// The topic, and where to begin.
  struct Plan {
    var topic: String
    /// Whether to wait for a topic that doesn't exist yet.
    var waitsForTopic: Bool
    var start: Tail.Start
  }

  private let plan: Plan
  private let configuration: Configuration
  private let signals: Signals
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

  /// - Throws: if the configuration is refused, or if no file descriptor is left.
  static func make(_ configuration: Configuration, plan: Plan, signals: Signals) throws -> Follower {
    let wakeup = try Wakeup()
    var options = Consumer.Options()
    // If retention has deleted the first offset, reading begins with the oldest record left.
    options.reset = .beginning
    options.statisticsInterval = refresh
    var configuration = configuration
    // Inserted first, so that a user's own value overrides it.
    configuration.properties.insert(("topic.metadata.refresh.interval.ms", "\(refresh.wholeMilliseconds)"), at: 0)
    let consumer = try Consumer(configuration, options: options, log: Cluster.log, wakeup: wakeup)
    return Follower(configuration, plan, signals, wakeup, consumer)
  }

  private init(
    _ configuration: Configuration, _ plan: Plan, _ signals: Signals, _ wakeup: Wakeup, _ consumer: consuming Consumer
  ) {
    self.configuration = configuration
    self.plan = plan
    self.signals = signals
    self.wakeup = wakeup
    self.consumer = consumer
    saysTimes = if case .ago = plan.start { true } else { false }
  }

  consuming func close() { consumer.close(by: time.monotonic + .seconds(1)) }

  /// Hands each batch to `show` until it returns false, or a signal comes.
  mutating func run(_ show: (borrowing Batch) -> Bool) -> ExitCode {
    if let code = begin() { return code }
    while true {
      takeEvents()
      let batch = consumer.fetch()
      if batch.isEmpty {
        if signals.wait(or: wakeup, until: nil) == .stop { return .ok }
        continue
      }
      sayWhatIsOdd(in: batch)
      if !show(batch) || signals.take() == .stop { return .ok }
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

  /// Finds the partitions and their first offsets, however long brokers are unreachable. Returns the exit code if the
  /// command must end, else nil.
  private mutating func begin() -> ExitCode? {
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
          if denials == Self.believedDenials {
            printError("statusd tail: there is no topic '\(plan.topic)'\(nearest())\n")
            return .failed
          }
        } else if !hasComplained {
          printError(
            isUnknown
              ? "statusd tail: there is no topic '\(plan.topic)' yet; waiting for it\n"
              : "statusd tail: no answer from \(configuration.brokers) (\(error)); still trying\n")
          hasComplained = true
        }
      }
      while consumer.nextEvent() != nil {}
      if signals.pause(.milliseconds(500), drainingRingsOf: wakeup) { return .ok }
    }
  }

  /// Adds partitions up to `count`.
  private mutating func take(_ count: Int32) throws(KafkaError) {
    let new = (Int32(starts.count)..<max(count, Int32(starts.count))).map { TopicPartition(plan.topic, $0) }
    if new.isEmpty { return }
    // A partition that was added later is read from its beginning: all its records are later.
    let begin: Tail.Start = starts.isEmpty ? plan.start : .beginning
    var found: [Offset] = []
    switch begin {
    case .beginning:
      found = new.map { _ in .beginning }
    case .now:
      for partition in new {
        found.append(Offset(try consumer.queryWatermarks(of: partition, within: .seconds(2)).high))
      }
    case .ago(let duration):
      let from = time.wall + (.zero - duration)
      let offsets = try consumer.offsets(for: from, in: new, within: .seconds(2))
      found = new.map { partition in offsets.first { $0.partition == partition }?.offset ?? .end }
    }
    let held = starts.indices.map { TopicPartition(plan.topic, Int32($0)) }
    let positions = zip(held, starts).map { partition, start in
      PartitionOffset(partition, consumer.position(of: partition).map { Offset($0) } ?? start)
    }
    try consumer.assign(positions + zip(new, found).map { PartitionOffset($0, $1) })
    starts += found
  }

  /// Adds new partitions, from their beginning, which needs no request. If that fails, the next statistics repeat it.
  private mutating func takeNew(_ count: Int32) {
    do {
      try take(count)
    } catch {
      Cluster.log.limited(
        errors, .warning, "new partitions can't be read yet",
        ["topic": .string(plan.topic), "error": .string("\(error)")])
    }
  }

  private mutating func sayWhatIsOdd(in batch: borrowing Batch) {
    for index in batch.indices {
      if let error = batch.error(at: index) {
        let partition = consumer.partition(at: batch[index].partitionIndex)
        Cluster.log.limited(
          errors, .warning, "a partition can't be read",
          ["partition": .string(partition.map { "\($0)" } ?? plan.topic), "error": .string("\(error)")])
      } else if saysTimes, batch[index].timestampKind == .created {
        saysTimes = false
        printError(
          "statusd tail: records of '\(plan.topic)' have the producers' own times (CreateTime); --since uses these\n")
      }
    }
  }

  /// A hint at the existing topic with the most similar name; empty if there is none.
  private func nearest() -> String {
    let cluster = try? Admin.ask(configuration, log: Cluster.log, patience: .seconds(1)) {
      admin throws(KafkaError) in try admin.describe(within: .seconds(2))
    }
    let names = cluster?.topics.map(\.name) ?? []
    return suggestion(for: plan.topic, among: names).map { " (did you mean '\($0)'?)" } ?? ""
  }
}
