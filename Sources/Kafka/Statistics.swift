internal import JSON

/// A client's statistics: the parts of librdkafka's STATISTICS.md that people and programs need.
public struct Statistics: Equatable, Sendable {
  /// The client's name with its number, such as `statusd#consumer-1`.
  public var name = ""
  /// Records in the producer's queue or in flight.
  public var queuedRecords: Int64 = 0
  /// The size of these records in bytes.
  public var queuedBytes: Int64 = 0
  /// Records sent since the client started.
  public var sentRecords: Int64 = 0
  /// Records received since the client started.
  public var receivedRecords: Int64 = 0
  /// The brokers that the client knows.
  public var brokers: [Broker] = []
  /// The partitions that the client uses.
  public var partitions: [Partition] = []
  /// The client's group; nil if it has none.
  public var group: Group?

  /// One broker.
  public struct Broker: Equatable, Sendable {
    /// `host:port` and the number, such as `kafka-1:9092/1`.
    public var name = ""
    /// `UP`, `DOWN`, `CONNECT`, `AUTH_REQ` and others.
    public var state = ""
    /// Mean round-trip time of the last interval in microseconds; 0 if there was none.
    public var roundTripMicroseconds: Int64 = 0
  }

  /// One partition.
  public struct Partition: Equatable, Sendable {
    /// The topic and number.
    public var partition: TopicPartition
    /// Records between the position and the readable end; -1 if unknown.
    public var lag: Int64 = -1
    /// The last committed offset; below 0 if there is none.
    public var committed: Int64 = -1
    /// The high watermark; below 0 if unknown.
    public var highWatermark: Int64 = -1
    /// The last stable offset; below 0 if unknown.
    public var lastStableOffset: Int64 = -1
    /// Records fetched but not read yet.
    public var fetchedRecords: Int64 = 0
  }

  /// The consumer's group.
  public struct Group: Equatable, Sendable {
    /// The state of the connection to the coordinator: `up` and others.
    public var state = ""
    /// The state of the group membership: `steady` and others.
    public var joinState = ""
    /// Rebalances since the client started.
    public var rebalances: Int64 = 0
    /// Partitions assigned to it.
    public var partitions: Int64 = 0
  }

  /// Empty statistics.
  init() {}

  /// Parses librdkafka's JSON; nil if it isn't a JSON object. Missing fields keep their defaults.
  public init?(json: UnsafeRawBufferPointer) {
    var reader = Reader(json)
    guard reader.next() == .beginObject else { return nil }
    var isWhole = false
    while case let token = reader.next(), token == .key || token == .endObject {
      if token == .endObject {
        isWhole = true
        break
      }
      guard let key = reader.string else { return nil }
      switch key {
      case "name": name = reader.text() ?? ""
      case "msg_cnt": queuedRecords = reader.count()
      case "msg_size": queuedBytes = reader.count()
      case "txmsgs": sentRecords = reader.count()
      case "rxmsgs": receivedRecords = reader.count()
      case "brokers": reader.members { _, reader in brokers.append(Self.broker(&reader)) }
      case "topics":
        reader.members { topic, reader in
          reader.fields { field, reader in
            guard field == "partitions" else { return false }
            reader.members { number, reader in
              let partition = Self.partition(TopicPartition(topic, Int32(number) ?? -1), &reader)
              // Partition -1 stands for records not yet assigned to a partition.
              if partition.partition.partition >= 0 { partitions.append(partition) }
            }
            return true
          }
        }
      case "cgrp": group = Self.group(&reader)
      default: reader.skip()
      }
    }
    guard isWhole else { return nil }
  }

  private static func broker(_ reader: inout Reader) -> Broker {
    var broker = Broker()
    reader.fields { field, reader in
      switch field {
      case "name": broker.name = reader.text() ?? ""
      case "state": broker.state = reader.text() ?? ""
      case "rtt":
        reader.fields { field, reader in
          guard field == "avg" else { return false }
          broker.roundTripMicroseconds = reader.count()
          return true
        }
      default: return false
      }
      return true
    }
    return broker
  }

  private static func partition(_ name: TopicPartition, _ reader: inout Reader) -> Partition {
    var partition = Partition(partition: name)
    reader.fields { field, reader in
      switch field {
      case "consumer_lag": partition.lag = reader.count()
      case "committed_offset": partition.committed = reader.count()
      case "hi_offset": partition.highWatermark = reader.count()
      case "ls_offset": partition.lastStableOffset = reader.count()
      case "fetchq_cnt": partition.fetchedRecords = reader.count()
      default: return false
      }
      return true
    }
    return partition
  }

  private static func group(_ reader: inout Reader) -> Group {
    var group = Group()
    reader.fields { field, reader in
      switch field {
      case "state": group.state = reader.text() ?? ""
      case "join_state": group.joinState = reader.text() ?? ""
      case "rebalance_cnt": group.rebalances = reader.count()
      case "assignment_size": group.partitions = reader.count()
      default: return false
      }
      return true
    }
    return group
  }
}

extension Reader {
  /// The string after a key; nil if the value is of another type. Skips the value in any case.
  fileprivate mutating func text() -> String? {
    next()
    if token == .beginObject || token == .beginArray { leave() }
    return string
  }

  /// The whole number after a key; 0 if the value is of another type. Skips the value in any case.
  fileprivate mutating func count() -> Int64 {
    next()
    if token == .beginObject || token == .beginArray { leave() }
    return int64 ?? 0
  }

  /// Visits the members of the object after a key. `body` is called at each key and must skip its value.
  fileprivate mutating func members(_ body: (String, inout Reader) -> Void) {
    guard next() == .beginObject else {
      if token == .beginArray { leave() }
      return
    }
    while next() == .key {
      guard let key = string else { return }
      body(key, &self)
    }
  }

  /// Like `members`, but skips the value if `body` returns false.
  fileprivate mutating func fields(_ body: (String, inout Reader) -> Bool) {
    members { key, reader in
      if !body(key, &reader) { reader.skip() }
    }
  }
}
