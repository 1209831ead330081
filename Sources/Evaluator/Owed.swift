/// Transitions and positions of deliveries whose fate is unknown. They count as undelivered until the changelog shows
/// that they were committed, or the same records have been evaluated and delivered once more.
struct Owed {
  /// Transitions of these deliveries.
  private(set) var transitions = 0
  /// The positions that were reached.
  private var positions: [LogPartition: Int64] = [:]

  /// Partitions of which something is owed.
  var partitions: Set<LogPartition> { Set(positions.keys) }

  /// It is unknown whether `transitions` were delivered and these positions committed.
  mutating func add(transitions: Int, _ reached: [LogPosition]) {
    self.transitions += transitions
    for entry in reached { positions[entry.partition] = max(entry.position, positions[entry.partition] ?? 0) }
    settle()
  }

  /// Everything before these positions is delivered.
  mutating func settle(_ delivered: [LogPosition] = []) {
    for entry in delivered where positions[entry.partition].map({ entry.position >= $0 }) ?? false {
      positions[entry.partition] = nil
    }
    if positions.isEmpty { transitions = 0 }
  }

  /// Other workers have these partitions now, and make their transitions anew.
  mutating func drop(_ partitions: [LogPartition]) {
    for partition in partitions { positions[partition] = nil }
    settle()
  }
}
