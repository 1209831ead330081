/// Finds a partition's place in an array by its topic and number: one comparison where it is the last one again.
struct PartitionIndex {
  /// For each topic and partition number: place + 1; 0: not held.
  private var places: [[Int32]] = []
  private var last = LogPartition(topic: -1, number: -1)
  private var lastPlace = -1

  /// Where `partition` is; -1: it isn't held.
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

  /// From now on the places are those in `partitions`.
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
