/// The partitions that a consumer has held, by constant small numbers, with the position in each.
struct PartitionTable {
  struct Entry {
    let partition: TopicPartition
    /// Whether the partition is currently assigned to us.
    var isHeld = false
    /// The next offset to deliver; anything below was delivered before. nil if unknown.
    var position: Int64?
  }

  /// A topic handle of librdkafka and a partition number.
  private struct Handle: Hashable {
    let topic: UInt
    let partition: Int32
  }

  private(set) var entries: [Entry] = []
  private var indices: [TopicPartition: Int32] = [:]
  private var handles: [Handle: Int32] = [:]

  /// The number of a partition; a new one if it has none yet.
  mutating func index(of partition: TopicPartition) -> Int32 {
    if let known = indices[partition] { return known }
    let index = Int32(clamping: entries.count)
    entries.append(Entry(partition: partition))
    indices[partition] = index
    return index
  }

  /// The number of a partition; nil if it has none.
  func knownIndex(of partition: TopicPartition) -> Int32? { indices[partition] }

  /// The number of a partition of the topic behind `handle`. `name` is called only the first time.
  mutating func index(handle: UInt, partition: Int32, name: () -> String) -> Int32 {
    let handle = Handle(topic: handle, partition: partition)
    if let known = handles[handle] { return known }
    let index = index(of: TopicPartition(name(), partition))
    handles[handle] = index
    return index
  }

  /// Forgets topic handles: librdkafka may reuse them for other topics after an assignment has ended.
  mutating func forgetHandles() { handles.removeAll(keepingCapacity: true) }

  /// Marks partitions as held, each with its start offset.
  mutating func hold(_ partitions: [PartitionOffset]) {
    forgetHandles()
    for entry in partitions {
      let index = Int(index(of: entry.partition))
      entries[index].isHeld = true
      entries[index].position = entry.offset.isNumber ? entry.offset.rawValue : nil
    }
  }

  /// Marks partitions as not held.
  mutating func drop(_ partitions: [TopicPartition]) {
    forgetHandles()
    for partition in partitions {
      guard let index = indices[partition] else { continue }
      entries[Int(index)].isHeld = false
      entries[Int(index)].position = nil
    }
  }

  /// Makes `offset` the next record of a held partition, regardless of what was read before.
  mutating func seek(_ partition: TopicPartition, to offset: Offset) {
    guard let index = indices[partition] else { return }
    entries[Int(index)].position = offset.isNumber ? offset.rawValue : nil
  }

  /// Marks everything before `offset` as read.
  mutating func advance(_ index: Int32, to offset: Int64) {
    entries[Int(index)].position = max(entries[Int(index)].position ?? 0, offset)
  }

  /// The partitions currently held.
  var held: [TopicPartition] { entries.filter(\.isHeld).map(\.partition) }
}
