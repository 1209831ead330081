/// Finds a partition's index in an array by topic and number, with one comparison if it is the same as the last time.
struct PartitionIndex {
  /// By topic and partition number: index + 1; 0 if not held.
  private var places: [[Int32]] = []
  private var last = LogPartition(topic: -1, number: -1)
  private var lastPlace = -1

  /// The index of `partition`; -1 if it isn't held.
  @inline(__always)
  mutating func place(of partition: LogPartition) -> Int {
    if partition == last { return lastPlace }
    return search(partition)
  }

  private mutating func search(_ partition: LogPartition) -> Int {
    guard places.indices.contains(partition.topic),
      places[partition.topic].indices.contains(Int(partition.number))
    else { return -1 }
    last = partition
    lastPlace = Int(places[partition.topic][Int(partition.number)]) - 1
    return lastPlace
  }

  /// From now on the indices are those in `partitions`.
  mutating func rebuild(_ partitions: some Collection<LogPartition>) {
    places = []
    last = LogPartition(topic: -1, number: -1)
    lastPlace = -1
    for (place, partition) in partitions.enumerated() where partition.topic >= 0 && partition.number >= 0 {
      while places.count <= partition.topic { places.append([]) }
      let missing = Int(partition.number) + 1 - places[partition.topic].count
      if missing > 0 { places[partition.topic].append(contentsOf: repeatElement(0, count: missing)) }
      places[partition.topic][Int(partition.number)] = Int32(truncatingIfNeeded: place + 1)
    }
  }
}
