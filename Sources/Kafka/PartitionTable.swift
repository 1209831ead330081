/// The partitions that a consumer has held, by small numbers that never change, and how far each is read.
struct PartitionTable {
  struct Entry {
    let partition: TopicPartition
    /// Whether its records are ours now.
    var isHeld = false
    /// The next offset that may come; anything below was delivered before. nil: not known yet.
    var position: Int64?
  }

  /// librdkafka's handle of a topic, and a partition's number.
  private struct Place: Hashable {
    let topic: UInt
    let partition: Int32
  }

  private(set) var entries: [Entry] = []
  private var indices: [TopicPartition: Int32] = [:]
  private var places: [Place: Int32] = [:]

  /// The number of a partition, a new one where it has none yet.
  mutating func index(of partition: TopicPartition) -> Int32 {
    if let known = indices[partition] { return known }
    let index = Int32(clamping: entries.count)
    entries.append(Entry(partition: partition))
    indices[partition] = index
    return index
  }

  /// The number of a partition that was held once.
  func knownIndex(of partition: TopicPartition) -> Int32? { indices[partition] }

  /// The number of a partition of the topic behind `handle`; `name` is asked only at the first time.
  mutating func index(handle: UInt, partition: Int32, name: () -> String) -> Int32 {
    let place = Place(topic: handle, partition: partition)
    if let known = places[place] { return known }
    let index = index(of: TopicPartition(name(), partition))
    places[place] = index
    return index
  }

  /// Handles may be used again for other topics once an assignment is gone.
  mutating func forgetHandles() { places.removeAll(keepingCapacity: true) }

  /// Takes partitions on, each read from where it says.
  mutating func hold(_ partitions: [PartitionOffset]) {
    forgetHandles()
    for entry in partitions {
      let index = Int(index(of: entry.partition))
      entries[index].isHeld = true
      entries[index].position = entry.offset.isNumber ? entry.offset.rawValue : nil
    }
  }

  /// Lets partitions go.
  mutating func drop(_ partitions: [TopicPartition]) {
    forgetHandles()
    for partition in partitions {
      guard let index = indices[partition] else { continue }
      entries[Int(index)].isHeld = false
      entries[Int(index)].position = nil
    }
  }

  /// The next record of a held partition will be `offset`, whatever was read before.
  mutating func seek(_ partition: TopicPartition, to offset: Offset) {
    guard let index = indices[partition] else { return }
    entries[Int(index)].position = offset.isNumber ? offset.rawValue : nil
  }

  /// Everything up to `offset` is read.
  mutating func advance(_ index: Int32, to offset: Int64) {
    entries[Int(index)].position = max(entries[Int(index)].position ?? 0, offset)
  }

  /// What is held now.
  var held: [TopicPartition] { entries.filter(\.isHeld).map(\.partition) }
}
