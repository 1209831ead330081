import Kafka
import Platform

/// Follows all partitions of a topic, without a group, for as long as it is wanted.
struct Follower: ~Copyable {
  /// What is followed.
  struct Plan {
    var topic: String
    /// Whether a topic that doesn't exist is waited for.
    var waitsForTopic: Bool
    var start: Tail.Start
  }

  private let plan: Plan
  private let configuration: Configuration
  private let signals: Signals
  private let wakeup: Wakeup
  private var consumer: Consumer
  /// Where each partition is begun, by its number.
  private var starts: [Offset] = []
  private var saysTimes: Bool
  private let errors = RateLimit(3, per: .seconds(60))
  private let time = SystemTime()

  /// How often a broker is asked for new partitions, and how often the consumer tells how many it knows of: in the
  /// background, so that no record waits for the answer.
  private static let refresh = Duration.seconds(5)
  /// How often brokers must say that there is no such topic: one that was made a moment ago isn't known to all of them.
  private static let believedDenials = 3

  /// - Throws: where the configuration is refused, or no file descriptor is left.
  static func make(_ configuration: Configuration, plan: Plan, signals: Signals) throws -> Follower {
    let wakeup = try Wakeup()
    var options = Consumer.Options()
    // Whoever looks at what is left of a log doesn't mind that its beginning is gone.
    options.reset = .beginning
    options.statisticsInterval = refresh
    var configuration = configuration
    // The user's own value wins.
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

  /// Hands each batch to `show` until that says it is enough, or a signal comes.
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

  /// Takes what has arrived but records: among it, how many partitions the topic has now.
  private mutating func takeEvents() {
    while let event = consumer.nextEvent() {
      guard case .statistics(let statistics) = event else { continue }
      let known = statistics.partitions.map(\.partition).filter { $0.topic == plan.topic }.map(\.partition).max()
      if let known { takeNew(known + 1) }
    }
  }

  /// Finds the partitions and where to begin in them, however long brokers are away; how it ends where it must.
  private mutating func begin() -> ExitCode? {
    var hasComplained = false
    /// How often brokers have said that there is no such topic.
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

  /// Takes partitions from those it has up to `count`.
  private mutating func take(_ count: Int32) throws(KafkaError) {
    let new = (Int32(starts.count)..<max(count, Int32(starts.count))).map { TopicPartition(plan.topic, $0) }
    if new.isEmpty { return }
    // A partition that came later is read from its beginning: all that is in it came later.
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

  /// Takes new partitions; they are read from their beginning, which asks nobody. Where that is refused, the next
  /// statistics bring them again.
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
          "statusd tail: the times in '\(plan.topic)' are its producers' own (CreateTime); --since goes by these\n")
      }
    }
  }

  /// The topic whose name is nearest to one that doesn't exist.
  private func nearest() -> String {
    let cluster = try? Admin.ask(configuration, log: Cluster.log, patience: .seconds(1)) {
      admin throws(KafkaError) in try admin.describe(within: .seconds(2))
    }
    let names = cluster?.topics.map(\.name) ?? []
    return suggestion(for: plan.topic, among: names).map { " (did you mean '\($0)'?)" } ?? ""
  }
}
