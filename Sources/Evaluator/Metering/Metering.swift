import JSON
import Platform
import Records
import Streams

/// A worker's stage that meters streams: it reads their partitions beside its own of the topic of streams, and makes a
/// reading for each interval.
///
/// A stream belongs to the partition of the topic of streams that its name hashes to. The owner of that partition reads
/// all of the stream. Each delivery holds readings, the states that they follow from, and a marker for each partition
/// held, whose append time is the brokers' clock (`BrokerClock`). Nothing is read or told before a worker's first
/// delivery has told it.
package struct Metering: ~Copyable, ClockedStage {
  /// From one look at the cluster's topics to the next.
  static let topicsPause = Duration.seconds(5)
  /// From one time that the group's positions in the streams are shown to the next.
  static let showPause = Duration.seconds(5)
  /// From one delivery to the next at the most, and at the least.
  static let longestTick = Duration.seconds(1)
  static let shortestTick = Duration.milliseconds(100)
  /// For how long a partition may give no answer before nobody waits for it.
  static let answerPatience = Duration.seconds(10)
  /// And how many deliveries must have been made meanwhile. One that doesn't give its records must have been passed by
  /// as many batches that had all that there was.
  static let answerChances = 8
  /// How many intervals of a stream are told in one delivery at most.
  static let greatestTelling = 100

  package var numbers = EvaluatorNumbers()
  package let plan: WorkerPlan
  var orders: StreamOrders
  package var clock = BrokerClock()
  package private(set) var now = MonotonicTime(nanoseconds: 0)
  /// The latest time that a record of this batch can have been appended.
  private var latest: Int64 = 0
  /// The partitions of the topic of streams that are held, each with the number of its deliveries so far.
  package var deliveries: [LogPartition: Int64] = [:]
  /// How many partitions the topic of streams has.
  package var partitionCount: Int32 = 1
  /// The newest states of all streams of these partitions, by name.
  var stored: [LogPartition: [String: StreamState]] = [:]
  var streams: [MeteredStream] = []
  /// The partitions that are read.
  private var read = PartitionIndex()
  /// Who counts their records, one partition after the other; and where those of each begin, with the end of the last.
  private var subscribers: [Subscriber] = []
  private var firsts: [Int] = []
  /// The partitions that are read or wait for others, each with who counts its records.
  var followed: [(partition: LogPartition, subscriber: Subscriber)] = []
  /// Whether other partitions must be read, or from other positions.
  var mustFollow = false
  var nextTopics: MonotonicTime?
  var nextEnds: MonotonicTime?
  var nextShow: MonotonicTime?
  /// When the last delivery was committed; nil if a partition has come since.
  private var lastTick: MonotonicTime?
  /// From it to the next one at least.
  private var pause = Self.shortestTick
  /// How many deliveries were committed.
  var deliveryCount = 0
  /// How many batches had all that the log had.
  private(set) var fullReads = 0
  /// What people should read, with `collect`.
  var remarks: [MeterRemark] = []
  private var writer = Writer()
  /// The questions about the cluster and its consumer groups; nil if another worker asks them, or nobody.
  var lag: LagWatch?
  /// Whether the log was asked.
  var hasAsked = false
  /// The newest states of consumer groups, by name, and which of them must go into the next delivery.
  var groupStates: [String: GroupState] = [:]
  var changedGroups: Set<String> = []

  /// A stream and its lane for one partition.
  struct Subscriber {
    var stream: Int
    var lane: Int
  }

  package init(_ plan: WorkerPlan, _ orders: StreamOrders) {
    self.plan = plan
    self.orders = orders
  }

  package mutating func setClock(_ now: MonotonicTime, wall: WallTime) { self.now = now }

  // MARK: Records

  package mutating func batchBegins(at now: MonotonicTime) { latest = clock.latest(at: now) ?? 0 }

  package mutating func receive(_ record: LogRecord) {
    numbers.records += 1
    let place = read.place(of: record.partition)
    if place < 0 { return }
    for number in firsts[place]..<firsts[place + 1] {
      let subscriber = subscribers[number]
      streams[subscriber.stream].receive(record, lane: subscriber.lane, latest: latest)
    }
  }

  package mutating func hasReadAll() { fullReads += 1 }

  package mutating func receiveEnd(of partition: LogPartition, position: Int64) {
    let place = read.place(of: partition)
    if place < 0 { return }
    for subscriber in subscribers[firsts[place]..<firsts[place + 1]] {
      streams[subscriber.stream].meter.reach(lane: subscriber.lane, offset: position)
    }
  }

  /// Notes for each partition that is to be read who counts its records.
  mutating func subscribe(_ all: [(partition: LogPartition, Subscriber)]) {
    var byPartition: [LogPartition: [Subscriber]] = [:]
    for (partition, subscriber) in all { byPartition[partition, default: []].append(subscriber) }
    let partitions = Array(byPartition.keys)
    read.rebuild(partitions)
    subscribers = []
    firsts = [0]
    for partition in partitions {
      subscribers += byPartition[partition] ?? []
      firsts.append(subscribers.count)
    }
  }

  // MARK: Telling

  package mutating func collect(into outbox: inout Outbox, _ voice: inout WorkerVoice) {
    collectLag(into: &outbox)
    for remark in remarks { voice.remark(remark) }
    remarks.removeAll(keepingCapacity: true)
    // What a backlog has beyond one delivery waits for its end: a sealed outbox takes nothing more.
    guard let time = clock.time, !outbox.isSealed else { return }
    for stream in streams where stream.way == .isLive {
      for name in stream.takeExceeded() { voice.remark(.exceeds(stream: stream.definition.name, count: name)) }
      let readings = stream.meter.tell(clock: time, limit: Self.greatestTelling)
      if stream.meter.waiting != stream.waiting { mustFollow = true }
      if readings.isEmpty { continue }
      for reading in readings { append(reading, to: &outbox, of: stream.partition) }
      stream.mustWrite = true
    }
  }

  mutating func append(_ reading: StreamReading, to outbox: inout Outbox, of partition: LogPartition) {
    writer.reset()
    reading.encode(into: &writer)
    outbox.append(result: writer.bytes, keyed: reading.subject, of: partition)
    numbers.transitions += 1
  }

  // MARK: Deliveries

  package var nextTurn: MonotonicTime? {
    guard let nextTick else { return nil }
    return keepsWaiting ? min(nextTick, nextEnds ?? now) : nextTick
  }

  /// When the next delivery is due; nil if no partition is held.
  package var nextTick: MonotonicTime? {
    if deliveries.isEmpty { return nil }
    guard let lastTick else { return now }
    var due = lastTick + Self.longestTick
    for stream in streams where stream.way == .isLive {
      if let time = clock.time, time >= stream.meter.nextTelling { continue }
      if let moment = clock.moment(of: stream.meter.nextTelling) { due = min(due, moment) }
    }
    return max(due, lastTick + pause)
  }

  package var hasUnwrittenState: Bool { !changedGroups.isEmpty || streams.contains { $0.mustWrite } }

  package mutating func writeState(into outbox: inout Outbox, everything: Bool) -> [LogPosition] {
    for stream in streams where stream.mustWrite {
      stream.mustWrite = false
      let state = stream.meter.state
      stored[stream.partition, default: [:]][stream.definition.name] = state
      var key = BinaryWriter()
      Array(stream.definition.name.utf8).withUnsafeBytes {
        scope(of: stream.partition).writeCheckpointKey(of: $0, to: &key)
      }
      outbox.append(stateKeyed: key, of: stream.partition, isVital: false) { state.write(to: &$0, key: $1) }
    }
    writeGroups(into: &outbox)
    return writeMarkers(into: &outbox)
  }

  package mutating func committed(_ positions: [LogPosition]) {
    for stream in streams where stream.way == .isRecorded && !stream.mustWrite {
      stream.isCommitted()
      mustFollow = true
    }
  }

  package mutating func delivered(
    at time: WallTime?, _ times: DeliveryTimes, began: MonotonicTime, now: MonotonicTime
  ) {
    lag?.note(times)
    lastTick = now
    deliveryCount += 1
    // However slow brokers are, half of the time is for reading.
    pause = max(Self.shortestTick, now - began)
    if !tick(time, began: began, now: now) { remarks.append(.noClock) }
  }

  /// A partition has come: its first delivery isn't to wait.
  mutating func tickSoon() { lastTick = nil }
}
