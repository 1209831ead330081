import Foundation
import Kafka
import Platform

/// A record as a test looks at it.
public struct Record: Equatable, Sendable {
  /// The key; nil: none.
  public var key: String?
  /// The value; nil: a tombstone.
  public var value: String?
  /// The partition it stands in.
  public var partition: Int32
  /// Its place there.
  public var offset: Int64
  /// Kafka's own time, milliseconds since the epoch.
  public var timestamp: Int64

  /// The value as a JSON object; throws where it is none.
  public var object: [String: Any] {
    get throws {
      let parsed = try JSONSerialization.jsonObject(with: Data((value ?? "").utf8))
      guard let object = parsed as? [String: Any] else {
        throw Broker.Failure(description: "no object: \(value ?? "null")")
      }
      return object
    }
  }
}

/// Reads a topic from its beginning, in the order of each partition. For one test's thread.
public final class TopicReader {
  private let topic: String
  private let wakeup: Wakeup
  private var consumer: Consumer
  private var waiting: [Record] = []
  private var ends: Set<Int32> = []
  private let partitions: Int
  private var trouble: [KafkaError] = []

  /// A reader of all `partitions` of `topic`; the topic may come into being later.
  public init(_ topic: String, on brokers: String, partitions: Int = 1, readsCommitted: Bool = true) throws {
    self.topic = topic
    self.partitions = partitions
    wakeup = try Wakeup()
    var options = Consumer.Options()
    options.reset = .beginning
    options.readsCommitted = readsCommitted
    consumer = try Consumer(
      Configuration(brokers: brokers), options: options, log: Logger(output: CapturedLog()), wakeup: wakeup)
    try consumer.assign((0..<partitions).map { PartitionOffset(TopicPartition(topic, Int32($0)), .beginning) })
  }

  /// The next record; throws where none comes in time.
  public func next(within seconds: Double = 60) throws -> Record {
    let deadline = SystemTime().monotonic + .seconds(seconds)
    while waiting.isEmpty {
      guard try fetch(until: deadline) else {
        throw Broker.Failure(description: "no record in \(topic) for \(seconds) s \(trouble)")
      }
    }
    return waiting.removeFirst()
  }

  /// The next record that `matches`, those before it dropped; throws where none comes in time.
  public func next(within seconds: Double = 60, where matches: (Record) throws -> Bool) throws -> Record {
    let deadline = SystemTime().monotonic + .seconds(seconds)
    while true {
      let left = Double((deadline - SystemTime().monotonic).components.seconds)
      let record = try next(within: max(1, left))
      if try matches(record) { return record }
    }
  }

  /// The next record if one comes within `seconds`; nil if none does.
  public func poll(for seconds: Double) throws -> Record? {
    let deadline = SystemTime().monotonic + .seconds(seconds)
    while waiting.isEmpty {
      guard try fetch(until: deadline) else { return nil }
    }
    return waiting.removeFirst()
  }

  /// The next record where one has come; doesn't wait.
  public func poll() -> Record? {
    _ = try? fetch(until: SystemTime().monotonic)
    return waiting.isEmpty ? nil : waiting.removeFirst()
  }

  /// All records up to the end of every partition as it is found; throws where that takes too long.
  public func readToEnd(within seconds: Double = 60) throws -> [Record] {
    let deadline = SystemTime().monotonic + .seconds(seconds)
    while ends.count < partitions {
      guard try fetch(until: deadline) else {
        throw Broker.Failure(description: "no end of \(topic) within \(seconds) s \(trouble)")
      }
    }
    defer { waiting.removeAll() }
    return waiting
  }

  /// Takes what has come, after a wait where there is nothing; false where nothing comes before `deadline`.
  private func fetch(until deadline: MonotonicTime) throws -> Bool {
    while true {
      while let event = consumer.nextEvent() {
        if case .error(let error) = event { trouble.append(error) }
      }
      if take(consumer.fetch()) { return true }
      if SystemTime().monotonic >= deadline { return false }
      wakeup.wait(until: deadline)
    }
  }

  private func take(_ batch: consuming Batch) -> Bool {
    for index in batch.indices {
      let message = batch[index]
      switch message.kind {
      case .record:
        let partition = consumer.partition(at: message.partitionIndex)?.partition ?? -1
        ends.remove(partition)
        waiting.append(
          Record(
            key: message.key.map { String(decoding: $0, as: UTF8.self) },
            value: message.value.map { String(decoding: $0, as: UTF8.self) }, partition: partition,
            offset: message.offset, timestamp: message.timestamp))
      case .endOfPartition: ends.insert(consumer.partition(at: message.partitionIndex)?.partition ?? -1)
      case .error: if let error = batch.error(at: index) { trouble.append(error) }
      }
    }
    return !batch.isEmpty
  }
}

/// Writes records to topics. For one test's thread.
public final class TopicWriter {
  private var producer: Producer
  private let wakeup: Wakeup
  private var failures: [KafkaError] = []

  /// A writer to the cluster of `brokers`.
  public init(on brokers: String) throws {
    wakeup = try Wakeup()
    producer = try Producer(Configuration(brokers: brokers), log: Logger(output: CapturedLog()), wakeup: wakeup)
  }

  /// Hands one record over; `flush` waits until it is there.
  public func write(_ value: [UInt8]?, key: [UInt8]? = nil, to topic: String, partition: Int32? = nil) throws {
    while try produce(value, key, topic, partition) == .queueFull {
      wakeup.wait(until: nil)
      serve()
    }
    serve()
  }

  /// Hands one record over; `flush` waits until it is there.
  public func write(_ value: String, key: String? = nil, to topic: String, partition: Int32? = nil) throws {
    try write(Array(value.utf8), key: key.map { Array($0.utf8) }, to: topic, partition: partition)
  }

  /// Waits until every record is acknowledged; throws where one isn't.
  public func flush(within seconds: Double = 60) throws {
    var failed = failures
    let left = producer.flush(by: SystemTime().monotonic + .seconds(seconds)) { delivery in
      if let error = delivery.error { failed.append(error) }
    }
    guard left == 0, failed.isEmpty else {
      throw Broker.Failure(description: "\(left) records not delivered \(failed)")
    }
  }

  private func produce(
    _ value: [UInt8]?, _ key: [UInt8]?, _ topic: String, _ partition: Int32?
  ) throws -> Producer.Produced {
    // An array without elements has an address all the same: empty isn't null.
    func send(_ key: UnsafeRawBufferPointer?) throws -> Producer.Produced {
      guard let value else { return try producer.produce(topic: topic, partition: partition, key: key, value: nil) }
      return try value.withUnsafeBytes { try producer.produce(topic: topic, partition: partition, key: key, value: $0) }
    }
    guard let key else { return try send(nil) }
    return try key.withUnsafeBytes { try send($0) }
  }

  private func serve() {
    var failed: [KafkaError] = []
    producer.serve { delivery in
      if let error = delivery.error { failed.append(error) }
    }
    failures += failed
  }
}
