import Records

/// What a receiver's owner must know to go on: written with each delivery, in records of their own, so that none grows
/// with the number of alerts: one head, one for each group, one for each alert that was told.
public struct ReceiverState: Equatable, Sendable {
  /// A group that was told, or is being told.
  public struct Group: Equatable, Sendable {
    /// When it was told last, by the brokers' clock: milliseconds since the epoch; nil if never.
    public var lastSent: Int64?
    /// What is being told: the notifications to send, one after the other, each with the places of its transitions. It is
    /// committed before it is sent: whoever goes on sends the same notifications, with the same ids.
    public var parts: [[ForwardPlace]] = []

    /// A group that was never told.
    init() {}

    /// Whether it says nothing that matters at `now`.
    func isIdle(at now: Int64, interval: Int64) -> Bool {
      parts.isEmpty && (lastSent.map { now - $0 >= interval } ?? true)
    }

    func write(to writer: inout BinaryWriter) {
      writer.optional(lastSent) { $0.signed($1) }
      writer.count(parts.count)
      for part in parts {
        writer.count(part.count)
        for place in part {
          place.lane.write(to: &writer)
          writer.signed(place.offset)
        }
      }
    }

    init(from reader: inout BinaryReader) throws(ChangelogProblem) {
      lastSent = try reader.optional("time") { reader throws(ChangelogProblem) in try reader.signed() }
      for _ in 0..<(try reader.count()) {
        var part: [ForwardPlace] = []
        for _ in 0..<(try reader.count(ofSize: 3)) {
          let lane = try Lane(from: &reader, field: "place")
          part.append(ForwardPlace(lane.source, lane.partition, try reader.signed()))
        }
        parts.append(part)
      }
    }
  }

  /// A partition, of either topic.
  public struct Lane: Hashable, Sendable {
    /// The topic.
    public var source: ForwardPlace.Source
    /// The number.
    public var partition: Int32

    /// A partition of a topic.
    public init(_ source: ForwardPlace.Source, _ partition: Int32) {
      self.source = source
      self.partition = partition
    }

    func write(to writer: inout BinaryWriter) {
      writer.byte(source.rawValue)
      writer.signed(Int64(partition))
    }

    /// Reads it; `field` is the name for the error of what it stands in.
    init(from reader: inout BinaryReader, field: String) throws(ChangelogProblem) {
      guard let source = ForwardPlace.Source(rawValue: try reader.byte()),
        let partition = Int32(exactly: try reader.signed())
      else { throw .impossible(field) }
      self.init(source, partition)
    }
  }

  /// What is done in each partition: told, given up, or of no interest. From the floor on it is read again.
  public var done: [Lane: OffsetSet]
  /// The groups, by the values that name them.
  public var groups: [[String]: Group] = [:]
  /// What was told of each alert.
  public var told: [String: ToldAlert] = [:]

  /// A receiver that begins: it is told what stands behind these offsets.
  public init(from floors: [Lane: Int64]) { done = floors.mapValues { OffsetSet(upTo: $0) } }
}

extension ForwardPlace {
  /// The partition that it is in.
  var lane: ReceiverState.Lane { ReceiverState.Lane(source, partition) }
}

/// The records of a receiver's state.
extension ReceiverState {
  private static let version: UInt8 = 1

  /// Writes the value of the head.
  public func writeHead(to writer: inout BinaryWriter, key: UnsafeRawBufferPointer) {
    writer.byte(Self.version)
    let lanes = done.sorted { ($0.key.source.rawValue, $0.key.partition) < ($1.key.source.rawValue, $1.key.partition) }
    writer.count(lanes.count)
    for (lane, offsets) in lanes {
      lane.write(to: &writer)
      offsets.write(to: &writer)
    }
    writer.seal(for: key)
  }

  /// Writes the value of a group's record; nil if it needs none.
  public func write(group: [String], to writer: inout BinaryWriter, key: UnsafeRawBufferPointer) -> Void? {
    guard let group = groups[group] else { return nil }
    writer.byte(Self.version)
    group.write(to: &writer)
    writer.seal(for: key)
    return ()
  }

  /// Writes the value of an alert's record; nil if it needs none.
  public func write(alert: String, to writer: inout BinaryWriter, key: UnsafeRawBufferPointer) -> Void? {
    guard let told = told[alert] else { return nil }
    writer.byte(Self.version)
    told.write(to: &writer)
    writer.seal(for: key)
    return ()
  }

  /// Reads the head.
  public init(head value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    var (_, reader) = try BinaryReader.sealed(value, for: key, version: Self.version, checksumSince: 1)
    done = [:]
    for _ in 0..<(try reader.count(ofSize: 4)) {
      let lane = try Lane(from: &reader, field: "partition")
      done[lane] = try OffsetSet(from: &reader)
    }
    try reader.end()
  }

  /// Reads a group's record.
  public mutating func read(
    group: [String], _ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
  ) throws(ChangelogProblem) {
    var (_, reader) = try BinaryReader.sealed(value, for: key, version: Self.version, checksumSince: 1)
    let read = try Group(from: &reader)
    try reader.end()
    groups[group] = read
  }

  /// Reads an alert's record.
  public mutating func read(
    alert: String, _ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
  ) throws(ChangelogProblem) {
    var (_, reader) = try BinaryReader.sealed(value, for: key, version: Self.version, checksumSince: 1)
    let read = try ToldAlert(from: &reader)
    try reader.end()
    told[alert] = read
  }
}
