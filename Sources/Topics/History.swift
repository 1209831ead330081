import Kafka
import Platform

/// Receives the records of a topic.
public protocol HistoryReceiver: ~Copyable {
  /// Announces a record that follows a few records later. Only a hint.
  mutating func expect(_ record: Message, of partition: Int32)

  /// Takes a record. Its bytes are valid during the call.
  mutating func receive(_ record: Message, of partition: Int32)

  /// Called when every record before `position` was passed on and no more has arrived yet.
  mutating func receiveEnd(of partition: Int32, position: Int64)
}

/// Reads a topic without a group: from given offsets up to the ends that its partitions had when they were queried.
/// Reads only committed records.
public struct History: ~Copyable {
  /// How reading ended.
  public enum Ending {
    /// Everything was read.
    case complete
    /// A signal or the receiver stopped it.
    case stopped
    /// Open transactions of other producers hide the rest of these partitions.
    case hidden([Int32])
    /// Brokers haven't answered for `silence`.
    case silent

    /// Why reading isn't complete; nil if it is.
    public func problem(topic: String) -> String? {
      switch self {
      case .complete: nil
      case .stopped: "stopped before all of '\(topic)' was read"
      case .hidden(let partitions):
        "an open transaction of another producer hides the rest of '\(topic)', in partition "
          + partitions.map { "\($0)" }.joined(separator: ", ")
      case .silent: "brokers did not answer for \(History.silence.text) before all of '\(topic)' was read"
      }
    }
  }

  /// Why a topic can't be read.
  public enum Problem: Error {
    /// There is no such topic.
    case noTopic
    /// Brokers are unreachable, or refuse the request.
    case noAnswer(KafkaError)
    /// A signal stopped it.
    case stopped
  }

  /// The topic's name.
  public let topic: String
  private let log: Logger
  private let signals: Signals
  private let wakeup: Wakeup
  private let time = SystemTime()
  /// Reads the records.
  private var consumer: Consumer
  /// Queries the ends of partitions. A reader of committed records would get the last stable offset instead.
  private var asker: Consumer
  /// The number of partitions; 0 if not yet queried.
  public private(set) var partitionCount: Int32 = 0

  /// How long to wait for brokers that don't answer.
  public static let silence = Duration.seconds(30)
  /// How long to wait for open transactions of other producers.
  public static let patience = Duration.seconds(10)

  /// For a second client of a command: the first one logs connection problems.
  public static let silent = Logger(level: .critical, output: StandardErrorLog())

  /// Opens a topic's history while `body` runs.
  ///
  /// - Parameter log: gets the problems with the connection or a partition.
  /// - Throws: if the configuration is refused, or no file descriptor is left; and what `body` throws.
  public static func open<Result>(
    _ configuration: Configuration, topic: String, signals: Signals, log: Logger,
    _ body: (inout History) throws -> Result
  ) throws -> Result {
    var history = try make(configuration, topic: topic, signals: signals, log: log)
    let result = Swift.Result { try body(&history) }
    history.close()
    return try result.get()
  }

  private static func make(
    _ configuration: Configuration, topic: String, signals: Signals, log: Logger
  ) throws -> History {
    let wakeup = try Wakeup()
    var options = Consumer.Options()
    // If retention deletes the first offset meanwhile, reading goes on with the oldest record left.
    options.reset = .beginning
    options.queueKiB = 65_536
    let consumer = try Consumer(configuration, options: options, log: log, wakeup: wakeup)
    options.readsCommitted = false
    // The reading consumer logs connection problems, so that they are logged once.
    let asker = try Consumer(configuration, options: options, log: silent, wakeup: wakeup)
    return History(topic, signals, log, wakeup, consumer, asker)
  }

  private init(
    _ topic: String, _ signals: Signals, _ log: Logger, _ wakeup: Wakeup, _ consumer: consuming Consumer,
    _ asker: consuming Consumer
  ) {
    self.topic = topic
    self.signals = signals
    self.log = log
    self.wakeup = wakeup
    self.consumer = consumer
    self.asker = asker
  }

  private consuming func close() {
    asker.close(by: time.monotonic + .seconds(1))
    consumer.close(by: time.monotonic + .seconds(1))
  }

  /// The offsets of each partition from `begin` to `end`, and never beyond the partition's current end.
  public mutating func stretch(from begin: Moment, to end: Moment) throws(Problem) -> [Int32: Range<Int64>] {
    partitionCount = try asked { history throws(KafkaError) in
      try history.asker.partitionCount(of: history.topic, within: .seconds(2))
    }
    let partitions = (0..<partitionCount).map { TopicPartition(topic, $0) }
    var starts: [TopicPartition: Int64] = [:]
    var ends: [TopicPartition: Int64] = [:]
    for partition in partitions {
      let marks = try asked { history throws(KafkaError) in
        try history.asker.queryWatermarks(of: partition, within: .seconds(2))
      }
      (starts[partition], ends[partition]) = (marks.low, marks.high)
    }
    if let offsets = try offsets(of: begin, in: partitions) {
      for entry in offsets {
        starts[entry.partition] = entry.offset.isNumber ? entry.offset.rawValue : ends[entry.partition]
      }
    }
    if let offsets = try offsets(of: end, in: partitions) {
      for entry in offsets where entry.offset.isNumber {
        ends[entry.partition] = min(entry.offset.rawValue, ends[entry.partition] ?? 0)
      }
    }
    return Dictionary(
      uniqueKeysWithValues: partitions.map { partition in
        let start = starts[partition] ?? 0
        return (partition.partition, start..<max(start, ends[partition] ?? 0))
      })
  }

  private mutating func offsets(
    of moment: Moment, in partitions: [TopicPartition]
  ) throws(Problem) -> [PartitionOffset]? {
    guard let wall = moment.wall(now: time.wall) else { return nil }
    return try asked { history throws(KafkaError) in
      try history.asker.offsets(for: wall, in: partitions, within: .seconds(5))
    }
  }

  /// The offsets that `group` has committed in these partitions.
  ///
  /// - Throws: `Problem.noAnswer`; `KafkaError` if the configuration is refused; `SystemError` if no file descriptor is
  ///   left.
  public static func committed(
    by group: String, _ configuration: Configuration, in partitions: [TopicPartition]
  ) throws -> [Int32: Int64] {
    let consumer = try Consumer(
      configuration, options: Consumer.Options(group: group), log: silent, wakeup: Wakeup())
    let answer = Result { () throws(KafkaError) in try consumer.committed(partitions, within: .seconds(10)) }
    consumer.close(by: SystemTime().monotonic + .seconds(1))
    switch answer {
    case .success(let offsets):
      return Dictionary(
        offsets.filter(\.offset.isNumber).map { ($0.partition.partition, $0.offset.rawValue) }, uniquingKeysWith: max)
    case .failure(let error):
      throw Problem.noAnswer(error)
    }
  }

  /// Repeats `question` until brokers answer, for at most `silence`.
  private mutating func asked<Answer>(
    _ question: (inout History) throws(KafkaError) -> Answer
  ) throws(Problem) -> Answer {
    let deadline = time.monotonic + Self.silence
    while true {
      do throws(KafkaError) {
        return try question(&self)
      } catch {
        if error.code.isUnknownTopic { throw .noTopic }
        let isRefused = [.topicAuthorizationFailed, .clusterAuthorizationFailed].contains(error.code)
        if isRefused || time.monotonic >= deadline { throw .noAnswer(error) }
      }
      // Serves both clients' logs; only the reading consumer's are written.
      while asker.nextEvent() != nil {}
      while consumer.nextEvent() != nil {}
      if signals.pause(.milliseconds(200), drainingRingsOf: wakeup) { throw .stopped }
    }
  }

  /// Passes the records of these offsets to `receiver`, each partition's in order, while `afterBatch` returns true.
  ///
  /// - Throws: `KafkaError` if the partitions can't be assigned.
  public mutating func read<Receiver: HistoryReceiver & ~Copyable>(
    _ offsets: [Int32: Range<Int64>], into receiver: inout Receiver, afterBatch: (inout Receiver) -> Bool
  ) throws -> Ending {
    var left = offsets.filter { !$0.value.isEmpty }
    try consumer.assign(
      left.sorted { $0.key < $1.key }.map {
        PartitionOffset(TopicPartition(topic, $0.key), Offset($0.value.lowerBound))
      })
    /// The partitions whose readable end comes before the requested one.
    var waiting = Set<Int32>()
    var lastSign = time.monotonic
    while !left.isEmpty {
      while consumer.nextEvent() != nil {}
      let batch = consumer.fetch()
      let now = time.monotonic
      if batch.isEmpty {
        let isHidden = left.keys.allSatisfy(waiting.contains)
        let deadline = lastSign + (isHidden ? Self.patience : Self.silence)
        if now >= deadline { return isHidden ? .hidden(left.keys.sorted()) : .silent }
        if signals.wait(or: wakeup, until: deadline) == .stop { return .stopped }
        continue
      }
      lastSign = now
      give(batch, to: &receiver, &waiting)
      for (number, range) in left
      where consumer.position(of: TopicPartition(topic, number)).map({ $0 >= range.upperBound }) ?? false {
        left[number] = nil
      }
      if !afterBatch(&receiver) || signals.take() == .stop { return .stopped }
    }
    return .complete
  }

  /// How many records ahead a record is announced.
  private static var lookahead: Int { 4 }

  private mutating func give<Receiver: HistoryReceiver & ~Copyable>(
    _ batch: borrowing Batch, to receiver: inout Receiver, _ waiting: inout Set<Int32>
  ) {
    var lastIndex: Int32 = -1
    var partition: Int32 = -1
    for index in batch.indices {
      batch.expect(index + 3 * Self.lookahead)
      let message = batch[index]
      if message.partitionIndex != lastIndex {
        lastIndex = message.partitionIndex
        partition = consumer.partition(at: lastIndex)?.partition ?? -1
        if message.kind == .record { waiting.remove(partition) }
      }
      let soon = index + Self.lookahead
      if soon < batch.count, batch[soon].kind == .record, batch[soon].partitionIndex == lastIndex {
        receiver.expect(batch[soon], of: partition)
      }
      switch message.kind {
      case .record: receiver.receive(message, of: partition)
      case .endOfPartition:
        waiting.insert(partition)
        receiver.receiveEnd(of: partition, position: message.offset)
      case .error:
        log.warning(
          "a partition can't be read",
          [
            "topic": .string(topic), "partition": .int(partition),
            "reason": .string(batch.error(at: index).map { "\($0)" } ?? ""),
          ])
      }
    }
  }
}
