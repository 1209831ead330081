import Platform

/// The partitions that the group assigned to this worker, and whose records aren't evaluated yet.
///
/// A partition *joins*, and waits for its turn. Then it is *restored* (`Restoration`): the group is asked, the
/// changelog is read. The stage *replays* the records since its state, and it is *live*. A partition that may not be
/// read is *refused*, and joins again later.
struct Arrivals {
  /// The state of one of them.
  enum Way {
    /// It waits for its turn: one is restored at a time.
    case joins
    /// It is being restored.
    case isRestored(Restoration)
    /// This worker may not read it. It joins again at this time.
    case isRefused(until: MonotonicTime)
  }

  /// One of them.
  private struct Entry {
    let partition: LogPartition
    var way: Way
    /// Since when an open transaction hides the end of its changelog; nil if none does.
    var hiddenSince: MonotonicTime?
    /// When a forgotten transaction in its changelog may be ended again; nil if none was ended yet.
    var endsForgottenAt: MonotonicTime?

    init(_ partition: LogPartition, _ way: Way = .joins) { (self.partition, self.way) = (partition, way) }

    var isRefused: Bool { if case .isRefused = way { true } else { false } }
  }

  /// In the order in which they are restored.
  private var entries: [Entry] = []

  /// How many join or are being restored.
  var count: Int { entries.reduce(0) { $0 + ($1.isRefused ? 0 : 1) } }

  /// Whether none joins or is being restored.
  var isEmpty: Bool { count == 0 }

  /// The restoration under way; nil if there is none.
  var restoration: Restoration? {
    for entry in entries { if case .isRestored(let restoration) = entry.way { return restoration } }
    return nil
  }

  /// When the next refused partition joins again; nil if none is refused.
  var nextReturn: MonotonicTime? {
    entries.compactMap { if case .isRefused(let time) = $0.way { time } else { nil } }.min()
  }

  // MARK: Coming and going

  /// The group assigned these partitions.
  mutating func join(_ partitions: [LogPartition]) {
    for partition in partitions where !contains(partition) { entries.append(Entry(partition)) }
  }

  /// These partitions, which were live, are restored anew, before all others.
  mutating func joinFirst(_ partitions: [LogPartition]) {
    remove(partitions)
    entries.insert(contentsOf: partitions.map { Entry($0) }, at: 0)
  }

  /// These partitions belong to other workers now, or are live.
  mutating func remove(_ partitions: [LogPartition]) { entries.removeAll { partitions.contains($0.partition) } }

  /// Refused partitions whose time has come join again.
  mutating func returnRefused(_ now: MonotonicTime) {
    for entry in entries {
      guard case .isRefused(let time) = entry.way, time <= now else { continue }
      remove([entry.partition])
      entries.append(Entry(entry.partition))
    }
  }

  // MARK: The one that is restored

  /// The partition whose turn it is; nil if there is none.
  var first: LogPartition? { entries.first(where: { !$0.isRefused })?.partition }

  /// A partition begins to be restored.
  mutating func begin(_ restoration: Restoration) {
    change(restoration.partition) { $0.way = .isRestored(restoration) }
  }

  /// This worker may not read the partition.
  mutating func refuse(_ partition: LogPartition, until time: MonotonicTime) {
    change(partition) { $0 = Entry(partition, .isRefused(until: time)) }
  }

  /// The partition that is being restored waits for its turn again, and what is known of it is dropped. Returns true if
  /// there was one.
  mutating func giveUpRestoration() -> Bool {
    guard let partition = restoration?.partition else { return false }
    change(partition) { $0.way = .joins }
    return true
  }

  /// The first one waits for an answer: the others have their turn before it.
  mutating func passOver() {
    guard let place = entries.firstIndex(where: { !$0.isRefused }) else { return }
    entries.append(entries.remove(at: place))
  }

  // MARK: A changelog whose end is hidden

  /// An open transaction hides the end of the partition's changelog, at least since `time`. Returns since when it does.
  mutating func hides(_ partition: LogPartition, since time: MonotonicTime) -> MonotonicTime {
    var since = time
    change(partition) {
      since = $0.hiddenSince ?? time
      $0.hiddenSince = since
    }
    return since
  }

  /// Whether a forgotten transaction may be ended in the partition's changelog; if so, not again within `pause`.
  mutating func mayEndForgotten(in partition: LogPartition, _ now: MonotonicTime, pause: Duration) -> Bool {
    var may = false
    change(partition) {
      may = $0.endsForgottenAt.map { $0 <= now } ?? true
      if may { $0.endsForgottenAt = now + pause }
    }
    return may
  }

  private func contains(_ partition: LogPartition) -> Bool { entries.contains { $0.partition == partition } }

  private mutating func change(_ partition: LogPartition, _ body: (inout Entry) -> Void) {
    if let place = entries.firstIndex(where: { $0.partition == partition }) { body(&entries[place]) }
  }
}
