internal import Cglibc
internal import Crdkafka

/// Records in the order of each partition's log, as they were fetched together; owns their bytes.
///
///     let batch = consumer.fetch()
///     for index in batch.indices { use(batch[index]) }
///
/// Dropped before the next `fetch`, its memory is used again. Must not outlive its consumer.
public struct Batch: ~Copyable {
  @usableFromInline let views: UnsafePointer<Message>
  /// How many entries there are; 0: nothing more has arrived.
  public let count: Int
  private let storage: BatchStorage

  init(_ storage: BatchStorage, count: Int) {
    self.storage = storage
    self.count = count
    views = UnsafePointer(storage.views)
  }

  deinit { storage.release(count) }

  /// Whether nothing more has arrived.
  public var isEmpty: Bool { count == 0 }

  /// Every entry's index.
  @inlinable public var indices: Range<Int> { 0..<count }

  /// The entry at `index`.
  @inlinable public subscript(index: Int) -> Message {
    precondition(index >= 0 && index < count, "no such entry in the batch")
    return views[index]
  }

  /// Begins to bring the bytes of the entry at `index`, if there is one, into the processor's cache: they were written
  /// by another thread, some time ago. Nothing waits for it.
  public func expect(_ index: Int) {
    guard index < count else { return }
    let message = views[index]
    if let key = message.keyStart { statusd_prefetch(key) }
    guard let value = message.valueStart else { return }
    for line in stride(from: 0, to: min(message.valueCount, 512), by: 64) { statusd_prefetch(value + line) }
  }

  /// What went wrong, where the entry is an error.
  public func error(at index: Int) -> KafkaError? {
    precondition(index >= 0 && index < count, "no such entry in the batch")
    guard views[index].kind == .error, let message = storage.messages[index] else { return nil }
    let words = rd_kafka_message_errstr(message).map { String(cString: $0) }
    return KafkaError(message.pointee.err, words)
  }
}

/// The memory of a batch: used again once the batch is gone.
final class BatchStorage {
  let capacity: Int
  let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  let views: UnsafeMutablePointer<Message>
  private(set) var isInUse = false

  init(capacity: Int) {
    self.capacity = capacity
    messages = .allocate(capacity: capacity)
    messages.initialize(repeating: nil, count: capacity)
    views = .allocate(capacity: capacity)
  }

  deinit {
    messages.deallocate()
    views.deallocate()
  }

  func lend() { isInUse = true }

  /// Gives the messages back to librdkafka.
  func release(_ count: Int) {
    for index in 0..<count { rd_kafka_message_destroy(messages[index]) }
    isInUse = false
  }
}
