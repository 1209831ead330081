internal import Cglibc
internal import Crdkafka

/// Records that were fetched together, in the order of each partition's log. Owns their bytes.
///
///     let batch = consumer.fetch()
///     for index in batch.indices { use(batch[index]) }
///
/// Drop it before the next `fetch` to reuse its memory. It must not outlive its consumer.
public struct Batch: ~Copyable {
  @usableFromInline let views: UnsafePointer<Message>
  /// The number of entries; 0 if no more records have arrived.
  public let count: Int
  private let storage: BatchStorage

  init(_ storage: BatchStorage, count: Int) {
    self.storage = storage
    self.count = count
    views = UnsafePointer(storage.views)
  }

  deinit { storage.release(count) }

  /// Whether the batch has no entries because no more records have arrived.
  public var isEmpty: Bool { count == 0 }

  /// The indices of all entries.
  @inlinable public var indices: Range<Int> { 0..<count }

  /// The entry at `index`.
  @inlinable public subscript(index: Int) -> Message {
    precondition(index >= 0 && index < count, "no such entry in the batch")
    return views[index]
  }

  /// Prefetches the bytes of the entry at `index`, if there is one, into the processor's cache, because another thread
  /// wrote them. Doesn't wait.
  public func expect(_ index: Int) {
    guard index < count else { return }
    let message = views[index]
    if let key = message.keyStart { statusd_prefetch(key) }
    guard let value = message.valueStart else { return }
    for line in stride(from: 0, to: min(message.valueCount, 512), by: 64) { statusd_prefetch(value + line) }
  }

  /// The error of the entry at `index`; nil if it isn't an error.
  public func error(at index: Int) -> KafkaError? {
    precondition(index >= 0 && index < count, "no such entry in the batch")
    guard views[index].kind == .error, let message = storage.messages[index] else { return nil }
    let words = rd_kafka_message_errstr(message).map { String(cString: $0) }
    return KafkaError(message.pointee.err, words)
  }
}

/// The memory of a batch, reused after the batch is dropped.
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

  /// Returns the messages to librdkafka.
  func release(_ count: Int) {
    for index in 0..<count { rd_kafka_message_destroy(messages[index]) }
    isInUse = false
  }
}
