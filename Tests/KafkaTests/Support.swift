import Platform
import TestSupport
import Testing

@testable import Kafka

/// The bytes of a text.
func bytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
  try Array(text.utf8).withUnsafeBytes(body)
}

func text(_ bytes: UnsafeRawBufferPointer?) -> String? {
  bytes.map { String(decoding: $0, as: UTF8.self) }
}

/// One record as tests compare it.
struct Seen: Equatable {
  var partition: Int32
  var offset: Int64
  var key: String?
  var value: String?
}

extension Producer {
  /// Produces a text record; serves and waits if the queue is full.
  mutating func send(_ topic: String, partition: Int32? = nil, key: String? = nil, value: String?, token: UInt = 0)
    throws
  {
    let key = key.map { Array($0.utf8) }
    let value = value.map { Array($0.utf8) }
    func raw(_ bytes: [UInt8]?) -> UnsafeRawBufferPointer? {
      guard let bytes else { return nil }
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyBytes(from: bytes)
      return UnsafeRawBufferPointer(copy)
    }
    let (rawKey, rawValue) = (raw(key), raw(value))
    defer {
      rawKey?.deallocate()
      rawValue?.deallocate()
    }
    while try produce(topic: topic, partition: partition, key: rawKey, value: rawValue, token: token) == .queueFull {
      _ = serve()
    }
  }
}

/// Produces texts into a partition of `topic` and waits until all are delivered.
func fill(_ brokers: String, topic: String = "t", partition: Int32 = 0, _ values: [String?]) throws {
  var producer = try Producer(Configuration(brokers: brokers), log: silent)
  for value in values { try producer.send(topic, partition: partition, value: value) }
  let left = producer.close(by: soon())
  #expect(left == 0)
}

/// The texts `0` to `count` - 1.
func numbers(_ count: Int) -> [String?] { (0..<count).map { "\($0)" } }

extension Consumer {
  /// Appends records to `seen` until `enough` is true. Takes every assignment from `start`, and gives back revoked ones.
  ///
  /// - Returns: all records read. Records a test issue if the deadline passes first.
  mutating func read(
    _ seen: [Seen] = [], from start: Offset = .beginning, by deadline: MonotonicTime = soon(),
    events: (Event) -> Void = { _ in }, until enough: ([Seen]) -> Bool
  ) throws -> [Seen] {
    var seen = seen
    while !enough(seen) {
      while let event = nextEvent() {
        switch event {
        case .assigned(let partitions): try take(partitions.map { PartitionOffset($0, start) })
        case .revoked: try giveBack()
        default: break
        }
        events(event)
      }
      let batch = fetch()
      for index in batch.indices {
        let message = batch[index]
        guard message.kind == .record else { continue }
        seen.append(
          Seen(
            partition: partition(at: message.partitionIndex)?.partition ?? -1, offset: message.offset,
            key: text(message.key), value: text(message.value)))
      }
      if batch.isEmpty, !enough(seen), !wakeup.wait(until: deadline), SystemTime().monotonic >= deadline {
        Issue.record("the deadline passed")
        break
      }
    }
    return seen
  }
}
