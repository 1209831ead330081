import Kafka
import Platform
import TestSupport

/// When brokers appended the records of a topic: what readings of its streams are held against.
struct AppendTimes {
  /// How many records have a Kafka time in each second, by the second since the epoch.
  private(set) var seconds: [Int64: Int] = [:]
  /// How many records each partition has.
  private(set) var counts: [Int]

  /// All records.
  var total: Int { counts.reduce(0, +) }

  /// Reads all partitions up to their ends. Millions of records, so none is kept.
  init(of topic: String, partitions: Int, on brokers: String, within limit: Double = 300) throws {
    counts = Array(repeating: 0, count: partitions)
    let wakeup = try Wakeup()
    var options = Consumer.Options()
    options.reset = .beginning
    options.readsCommitted = false
    var consumer = try Consumer(
      Configuration(brokers: brokers), options: options, log: silent, wakeup: wakeup)
    try consumer.assign((0..<partitions).map { PartitionOffset(TopicPartition(topic, Int32($0)), .beginning) })
    let deadline = SystemTime().monotonic + .seconds(limit)
    var ended: Set<Int32> = []
    while ended.count < partitions {
      while consumer.nextEvent() != nil {}
      let batch = consumer.fetch()
      if batch.isEmpty {
        guard SystemTime().monotonic < deadline else { throw NotAsExpected(description: "no end of \(topic)") }
        wakeup.wait(until: deadline)
        continue
      }
      for index in batch.indices {
        let message = batch[index]
        guard let partition = consumer.partition(at: message.partitionIndex)?.partition else { continue }
        switch message.kind {
        case .record:
          seconds[message.timestamp / 1000, default: 0] += 1
          counts[Int(partition)] += 1
        case .endOfPartition: ended.insert(partition)
        case .error: continue
        }
      }
    }
  }

  /// How many records were appended before `end`, a whole second.
  func total(before end: Int64) -> Int { seconds.reduce(0) { $0 + ($1.key < end / 1000 ? $1.value : 0) } }

  /// How many records were appended in the `length` milliseconds before `end`, both whole seconds.
  func records(before end: Int64, _ length: Int64) -> Int {
    stride(from: (end - length) / 1000, to: end / 1000, by: 1).reduce(0) { $0 + seconds[$1, default: 0] }
  }
}
