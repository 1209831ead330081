import Records

/// The offsets of a partition that are done: all below a floor, and some above it.
public struct OffsetSet: Equatable, Sendable {
  /// All offsets below are in the set.
  public private(set) var floor: Int64
  /// Those above the floor: in order, with gaps between them and behind the floor.
  public private(set) var ranges: [Range<Int64>] = []

  /// All offsets below `floor`.
  public init(upTo floor: Int64) { self.floor = max(0, floor) }

  /// Whether the offset is in the set.
  public func contains(_ offset: Int64) -> Bool {
    if offset < floor { return true }
    let place = firstRange(endingBehind: offset)
    return place < ranges.count && ranges[place].contains(offset)
  }

  /// Adds one offset.
  public mutating func insert(_ offset: Int64) {
    guard offset < .max else { return }
    insert(offset..<(offset + 1))
  }

  /// Adds all offsets of a range.
  public mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty, range.upperBound > floor else { return }
    if range.lowerBound <= floor {
      floor = range.upperBound
      while let first = ranges.first, first.lowerBound <= floor {
        floor = max(floor, first.upperBound)
        ranges.removeFirst()
      }
      return
    }
    // Those that the range touches become one with it.
    let first = firstRange(endingBehind: range.lowerBound - 1)
    var (lower, upper) = (range.lowerBound, range.upperBound)
    var last = first
    while last < ranges.count, ranges[last].lowerBound <= upper {
      lower = min(lower, ranges[last].lowerBound)
      upper = max(upper, ranges[last].upperBound)
      last += 1
    }
    ranges.replaceSubrange(first..<last, with: [lower..<upper])
  }

  /// The place of the first range that ends behind `offset`.
  private func firstRange(endingBehind offset: Int64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func write(to writer: inout BinaryWriter) {
    writer.unsigned(UInt64(floor))
    writer.count(ranges.count)
    var last = floor
    for range in ranges {
      writer.unsigned(UInt64(range.lowerBound - last))
      writer.unsigned(UInt64(range.upperBound - range.lowerBound))
      last = range.upperBound
    }
  }

  init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    guard let floor = Int64(exactly: try reader.unsigned()) else { throw .impossible("floor") }
    self.floor = floor
    var last = floor
    for _ in 0..<(try reader.count(ofSize: 2)) {
      let (gap, length) = (try reader.unsigned(), try reader.unsigned())
      guard gap > 0, length > 0, let gap = Int64(exactly: gap), let length = Int64(exactly: length) else {
        throw .impossible("range")
      }
      let (lower, isBeyond) = last.addingReportingOverflow(gap)
      let (upper, isFurther) = lower.addingReportingOverflow(length)
      guard !isBeyond, !isFurther else { throw .impossible("range") }
      ranges.append(lower..<upper)
      last = upper
    }
  }
}
