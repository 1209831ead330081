import Evaluator
import Platform
import Records
import Settings

/// Runs the evaluator's engines over a stretch of history. No I/O: the caller reads the log.
public struct BacktestRun: ~Copyable, LogReceiver {
  private let stretch: Stretch
  private var replay: Replay
  private var order: TransitionOrder
  /// For each partition number: its lane in the order; -1 if it isn't part of the stretch.
  private var lanes: [Int] = []
  /// For each lane: its offsets.
  private var bounds: [Range<Int64>] = []
  private var left: Int
  /// The number of evaluated records.
  public private(set) var records: Int64 = 0
  /// Whether a record had its producer's timestamp, not the broker's.
  public private(set) var hasProducersTimes = false
  /// The latest Kafka time of a record; nil if none had one.
  public private(set) var latest: WallTime?

  /// - Parameters:
  ///   - settings: `[evaluator]` and the rules, which must be valid.
  ///   - partitionCount: the number of the topic's partitions, including those outside the stretch.
  ///   - log: receives bad records and other oddities, at a bounded rate.
  public init(
    _ stretch: Stretch, settings: Settings, partitionCount: Int32, log: Logger, time: any TimeSource = SystemTime()
  ) {
    self.stretch = stretch
    replay = Replay(
      settings: settings, topic: stretch.topic, rules: settings.ruleSet(ofTopic: stretch.topic),
      partitionCount: partitionCount, log: log, time: time)
    let numbers = stretch.offsets.keys.filter { $0 >= 0 }.sorted()
    order = TransitionOrder(lanes: numbers.count)
    left = numbers.count
    lanes = Array(repeating: -1, count: numbers.last.map { Int($0) + 1 } ?? 0)
    for (lane, number) in numbers.enumerated() {
      let offsets = stretch.offsets[number] ?? 0..<0
      lanes[Int(number)] = lane
      bounds.append(offsets)
      if offsets.isEmpty { finish(lane, number) } else { replay.begin(partition: number, at: offsets.lowerBound) }
    }
  }

  /// Whether every partition has reached the end of its stretch.
  public var isDone: Bool { left == 0 }

  /// Announces a record that comes some records later; only a hint.
  public mutating func expect(_ record: LogRecord) { replay.expect(record) }

  /// Takes a record, those of each partition in the order of its log. A record after the end of the stretch only ends
  /// it.
  public mutating func receive(_ record: LogRecord) {
    guard let lane = lane(of: record.partition.number) else { return }
    if bounds[lane].contains(record.offset) {
      order.advance(lane, to: record.kafkaTime)
      if record.kafkaTime > latest?.milliseconds ?? -1 { latest = WallTime(milliseconds: record.kafkaTime) }
      records += 1
      if !record.isLogAppendTime, record.kafkaTime >= 0 { hasProducersTimes = true }
      replay.receive(record)
      if replay.hasTransitions {
        for transition in replay.takeTransitions() { order.append(transition, in: lane) }
      }
    }
    if record.offset + 1 >= bounds[lane].upperBound { finish(lane, record.partition.number) }
  }

  /// Called when all records of this partition before `position` have been received.
  public mutating func receiveEnd(of partition: LogPartition, position: Int64) {
    if let lane = lane(of: partition.number), position >= bounds[lane].upperBound { finish(lane, partition.number) }
  }

  /// Ends all partitions: no more records come, so that no transition waits any more.
  public mutating func giveUp() {
    for (number, lane) in lanes.enumerated() where lane >= 0 { finish(lane, Int32(number)) }
  }

  /// The lane of a partition; nil if its stretch has ended.
  private func lane(of partition: Int32) -> Int? {
    guard lanes.indices.contains(Int(partition)), lanes[Int(partition)] >= 0 else { return nil }
    return lanes[Int(partition)]
  }

  private mutating func finish(_ lane: Int, _ number: Int32) {
    lanes[Int(number)] = -1
    left -= 1
    order.finish(lane)
    // Its subjects make room for those of the others.
    replay.end(partition: number)
  }

  /// The next transition, by the Kafka time of its record; nil if there is none, or if an earlier one may still come.
  public mutating func next() -> Transition? { order.next() }

  /// Logs the oddities of the records since the last call.
  public mutating func speak() { replay.speak() }

  /// The evaluator's counters.
  public var numbers: EvaluatorNumbers { replay.numbers }
}
