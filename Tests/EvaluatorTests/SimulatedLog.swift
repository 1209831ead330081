import Evaluator
import Platform

/// What a simulated log remembers: source partitions, what a group has committed, and what arrived in the alerts
/// topic. Several workers may share one. One thread owns it.
final class SimulatedCluster {
  struct Record {
    var offset: Int64
    var kafkaTime: Int64
    var isLogAppendTime: Bool
    var key: [UInt8]?
    var value: [UInt8]?
  }

  struct Partition {
    var records: [Record] = []
    /// The oldest offset that retention has left.
    var start: Int64 = 0
    /// The high watermark.
    var end: Int64 = 0
  }

  /// What happened, in order.
  enum Entry: Equatable {
    case began
    case produced(key: String)
    case acknowledged(Int)
    case committed([Int32: Int64])
    case aborted
    case assigned([Int32: Int64?])
    case unassigned([Int32])
    case closed
  }

  /// The calls of a worker that can be made to fail.
  enum Call: Hashable {
    case committed, partitionCount, bounds, begin, produce, sendOffsets, commit
  }

  let time: ManualTime
  var partitions: [Int32: Partition] = [:]
  var groupOffsets: [Int32: Int64] = [:]
  var alerts: [(key: String, value: String)] = []
  var journal: [Entry] = []
  /// When partitions were let go last.
  var lastUnassigned: MonotonicTime?
  /// Faults of each call, the next one first; nil: that call succeeds.
  var faults: [Call: [LogFailure?]] = [:]
  /// No delivery is acknowledged: brokers are away.
  var isSilent = false
  /// Records of a fetch, at most.
  var batch = 100
  var events: [LogEvent] = []
  /// Records that a fetch gives before all others, wherever they stand: what an old librdkafka delivers twice.
  var strays: [(partition: Int32, record: Record)] = []

  init(time: ManualTime, partitions count: Int32 = 1) {
    self.time = time
    for number in 0..<count { partitions[number] = Partition() }
  }

  /// Appends a record that comes just now; its offset.
  @discardableResult
  func append(
    _ value: String?, key: String? = "web-1", to partition: Int32 = 0, kafkaTime: Int64? = nil,
    isLogAppendTime: Bool = true
  ) -> Int64 {
    append(
      bytes: value.map { Array($0.utf8) }, key: key.map { Array($0.utf8) }, to: partition, kafkaTime: kafkaTime,
      isLogAppendTime: isLogAppendTime)
  }

  @discardableResult
  func append(
    bytes: [UInt8]?, key: [UInt8]? = nil, to partition: Int32 = 0, kafkaTime: Int64? = nil,
    isLogAppendTime: Bool = true
  ) -> Int64 {
    let offset = partitions[partition, default: Partition()].end
    partitions[partition, default: Partition()].records.append(
      Record(
        offset: offset, kafkaTime: kafkaTime ?? time.wall.milliseconds, isLogAppendTime: isLogAppendTime,
        key: key, value: bytes))
    partitions[partition, default: Partition()].end = offset + 1
    return offset
  }

  /// A marker of somebody's transaction: it takes an offset, and no reader sees it.
  func appendMarker(to partition: Int32 = 0) { partitions[partition, default: Partition()].end += 1 }

  func retain(from offset: Int64, in partition: Int32 = 0) {
    partitions[partition]?.start = offset
    partitions[partition]?.records.removeAll { $0.offset < offset }
  }

  func assign(_ numbers: Int32...) { events.append(.assigned(numbers.map { LogPartition(topic: 0, number: $0) })) }

  func revoke(_ numbers: Int32..., lost: Bool = false) {
    events.append(.revoked(numbers.map { LogPartition(topic: 0, number: $0) }, lost: lost))
  }

  func fail(_ call: Call, _ remedy: LogFailure.Remedy) {
    faults[call, default: []].append(LogFailure(remedy, reason: "planted"))
  }

  func check(_ call: Call) throws(LogFailure) {
    guard var planted = faults[call], !planted.isEmpty else { return }
    let fault = planted.removeFirst()
    faults[call] = planted
    if let fault { throw fault }
  }
}

/// One worker's view of a simulated cluster. Waiting moves the cluster's clock.
struct SimulatedLog: EvaluatorLog {
  let cluster: SimulatedCluster
  private var held: [Int32: Int64] = [:]
  private var ended: Set<Int32> = []
  private var open: [(key: String, value: String)] = []
  private var positions: [Int32: Int64] = [:]

  init(_ cluster: SimulatedCluster) { self.cluster = cluster }

  mutating func nextEvent() -> LogEvent? { cluster.events.isEmpty ? nil : cluster.events.removeFirst() }

  mutating func fetch<Receiver: LogReceiver & ~Copyable>(
    until deadline: MonotonicTime, into receiver: inout Receiver
  ) {
    let limit = cluster.batch
    var given = 0
    for (partition, record) in cluster.strays {
      give(record, of: partition, to: &receiver)
      given += 1
    }
    cluster.strays = []
    for number in held.keys.sorted() {
      guard let partition = cluster.partitions[number], var position = held[number] else { continue }
      if position < partition.start || position > partition.end {
        cluster.events.append(.outOfRange(LogPartition(topic: 0, number: number), position: position))
        held[number] = nil
        given += 1
        continue
      }
      for record in partition.records where record.offset >= position && given < limit {
        give(record, of: number, to: &receiver)
        position = record.offset + 1
        given += 1
        ended.remove(number)
      }
      if given < limit, !partition.records.contains(where: { $0.offset >= position }),
        !ended.contains(number) || position < partition.end
      {
        position = partition.end
        ended.insert(number)
        receiver.receiveEnd(of: LogPartition(topic: 0, number: number), position: position)
        given += 1
      }
      held[number] = position
    }
    if given == 0 { wait(until: deadline) }
  }

  private func give<Receiver: LogReceiver & ~Copyable>(
    _ record: SimulatedCluster.Record, of number: Int32, to receiver: inout Receiver
  ) {
    func call(_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) {
      let record = LogRecord(
        partition: LogPartition(topic: 0, number: number), offset: record.offset, kafkaTime: record.kafkaTime,
        isLogAppendTime: record.isLogAppendTime, key: key, value: value)
      // Announced and given at once: hints must not change anything.
      receiver.expect(record)
      receiver.receive(record)
    }
    (record.key ?? []).withUnsafeBytes { key in
      (record.value ?? []).withUnsafeBytes { value in
        call(record.key == nil ? nil : key, record.value == nil ? nil : value)
      }
    }
  }

  func wait(until deadline: MonotonicTime) {
    let left = deadline - cluster.time.monotonic
    if left > .zero { cluster.time.advance(by: left) }
  }

  mutating func committed(
    _ partitions: [LogPartition], until deadline: MonotonicTime
  ) throws(LogFailure) -> [Int64?] {
    try cluster.check(.committed)
    return partitions.map { cluster.groupOffsets[$0.number] }
  }

  mutating func partitionCount(ofTopic topic: Int, until deadline: MonotonicTime) throws(LogFailure) -> Int32 {
    try cluster.check(.partitionCount)
    return Int32(cluster.partitions.count)
  }

  mutating func bounds(
    of partition: LogPartition, until deadline: MonotonicTime
  ) throws(LogFailure) -> Range<Int64> {
    try cluster.check(.bounds)
    guard let known = cluster.partitions[partition.number] else { return 0..<0 }
    return known.start..<known.end
  }

  mutating func highWatermark(of partition: LogPartition) -> Int64? { cluster.partitions[partition.number]?.end }

  mutating func assign(_ partitions: [(partition: LogPartition, position: Int64?)]) {
    var entry: [Int32: Int64?] = [:]
    for (partition, position) in partitions {
      held[partition.number] = position ?? cluster.partitions[partition.number]?.start ?? 0
      ended.remove(partition.number)
      entry[partition.number] = .some(position)
    }
    cluster.journal.append(.assigned(entry))
  }

  mutating func unassign(_ partitions: [LogPartition]) {
    for partition in partitions { held[partition.number] = nil }
    cluster.journal.append(.unassigned(partitions.map(\.number)))
    cluster.lastUnassigned = cluster.time.monotonic
  }

  mutating func reposition(_ partition: LogPartition, to position: Int64) throws(LogFailure) {
    held[partition.number] = position
    ended.remove(partition.number)
  }

  mutating func begin() throws(LogFailure) {
    try cluster.check(.begin)
    open = []
    positions = [:]
    cluster.journal.append(.began)
  }

  mutating func produce(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws(LogFailure) {
    try cluster.check(.produce)
    let key = String(decoding: key, as: UTF8.self)
    open.append((key, String(decoding: value, as: UTF8.self)))
    cluster.journal.append(.produced(key: key))
  }

  mutating func sendOffsets(_ positions: [(partition: LogPartition, position: Int64)]) throws(LogFailure) {
    try cluster.check(.sendOffsets)
    self.positions = Dictionary(uniqueKeysWithValues: positions.map { ($0.partition.number, $0.position) })
  }

  mutating func commit(until deadline: MonotonicTime) throws(LogFailure) -> Bool {
    try cluster.check(.commit)
    if cluster.isSilent {
      wait(until: deadline)
      return false
    }
    if !open.isEmpty { cluster.journal.append(.acknowledged(open.count)) }
    cluster.alerts += open
    open = []
    for (number, position) in positions { cluster.groupOffsets[number] = position }
    cluster.journal.append(.committed(positions))
    return true
  }

  mutating func abort() throws(LogFailure) {
    open = []
    positions = [:]
    cluster.journal.append(.aborted)
  }

  func close(until deadline: MonotonicTime) {
    cluster.journal.append(.closed)
  }
}
