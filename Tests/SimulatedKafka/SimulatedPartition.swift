/// One partition of a simulated topic: records, markers of transactions, and how far readers of committed records may
/// read.
package struct SimulatedPartition {
  /// The entry at one offset.
  package struct Entry {
    package var offset: Int64
    package var kafkaTime: Int64
    package var isLogAppendTime = true
    package var key: [UInt8]?
    package var value: [UInt8]?
    /// The transaction that it belongs to; 0 if none.
    package var transaction = 0
    /// Whether it is the marker that ends its transaction, which no reader sees.
    package var isMarker = false
  }

  package private(set) var entries: [Entry] = []
  /// The first offset that retention has left.
  package private(set) var start: Int64 = 0
  /// The high watermark.
  package private(set) var end: Int64 = 0
  /// Transactions without their marker here so far, each with its first offset.
  private var open: [(transaction: Int, first: Int64)] = []
  private var aborted: Set<Int> = []

  package init() {}

  /// The last stable offset: readers of committed records get everything before it.
  package var lastStable: Int64 { open.reduce(end) { min($0, $1.first) } }

  /// Appends a record, and returns its offset.
  @discardableResult
  package mutating func append(
    key: [UInt8]?, value: [UInt8]?, kafkaTime: Int64, isLogAppendTime: Bool = true, transaction: Int = 0
  ) -> Int64 {
    if transaction != 0, !open.contains(where: { $0.transaction == transaction }) { open.append((transaction, end)) }
    entries.append(
      Entry(
        offset: end, kafkaTime: kafkaTime, isLogAppendTime: isLogAppendTime, key: key, value: value,
        transaction: transaction))
    end += 1
    return end - 1
  }

  /// The marker of `transaction` arrives: it takes an offset, too.
  package mutating func close(_ transaction: Int, isCommit: Bool, kafkaTime: Int64) {
    if !isCommit { aborted.insert(transaction) }
    open.removeAll { $0.transaction == transaction }
    entries.append(
      Entry(offset: end, kafkaTime: kafkaTime, key: nil, value: nil, transaction: transaction, isMarker: true))
    end += 1
  }

  /// Retention deletes everything before `offset`.
  package mutating func retain(from offset: Int64) {
    start = max(start, offset)
    entries.removeAll { $0.offset < offset }
  }

  /// Keeps only the newest committed record of each key, as far as readers may read. With `dropsTombstones` tombstones
  /// are deleted, too.
  package mutating func compact(dropsTombstones: Bool) {
    let limit = lastStable
    var newest: [[UInt8]: Int64] = [:]
    for entry in entries where isVisible(entry) && entry.offset < limit {
      if let key = entry.key { newest[key] = entry.offset }
    }
    let aborted = aborted
    entries.removeAll { entry in
      if entry.offset >= limit || entry.isMarker { return false }
      if aborted.contains(entry.transaction) { return true }
      guard let key = entry.key else { return true }
      return newest[key] != entry.offset || dropsTombstones && entry.value == nil
    }
  }

  private func isVisible(_ entry: Entry) -> Bool { !entry.isMarker && !aborted.contains(entry.transaction) }

  /// The index of the entry at `offset`, or of the first one after it.
  private func place(of offset: Int64) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The first record at or after `position`, and before `limit`, that readers of committed records see.
  package func next(from position: Int64, before limit: Int64) -> Entry? {
    var place = place(of: position)
    while place < entries.count, entries[place].offset < limit {
      if isVisible(entries[place]) { return entries[place] }
      place += 1
    }
    return nil
  }

  /// The last value of each key, by the key's text.
  package var current: [String: [UInt8]] {
    var current: [String: [UInt8]] = [:]
    for entry in committed { current[String(decoding: entry.key ?? [], as: UTF8.self)] = entry.value }
    return current
  }

  /// All that readers of committed records see.
  package var committed: [Entry] {
    let limit = lastStable
    return entries.filter { $0.offset < limit && isVisible($0) }
  }
}
