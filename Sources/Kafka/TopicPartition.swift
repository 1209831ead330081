internal import Crdkafka
import Glibc

/// One partition of one topic.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The topic's name.
  public var topic: String
  /// The partition's number, from 0.
  public var partition: Int32

  /// The partition `partition` of `topic`.
  public init(_ topic: String, _ partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  /// Ordered by topic, then by number.
  public static func < (a: TopicPartition, b: TopicPartition) -> Bool {
    (a.topic, a.partition) < (b.topic, b.partition)
  }

  /// `topic[partition]`.
  public var description: String { "\(topic)[\(partition)]" }
}

/// A position in a partition: an offset, or a symbolic one.
public struct Offset: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The offset, from 0; negative values are librdkafka's symbolic offsets.
  public var rawValue: Int64

  /// The offset `rawValue`, or the symbolic offset with that number.
  public init(rawValue: Int64) { self.rawValue = rawValue }
  /// The offset `offset`.
  public init(_ offset: Int64) { rawValue = offset }
  /// The offset of a literal.
  public init(integerLiteral value: Int64) { rawValue = value }

  /// The oldest available record.
  public static let beginning = Offset(Int64(RD_KAFKA_OFFSET_BEGINNING))
  /// The next record to be written.
  public static let end = Offset(Int64(RD_KAFKA_OFFSET_END))
  /// The group's committed offset.
  public static let stored = Offset(Int64(RD_KAFKA_OFFSET_STORED))
  /// No offset: nothing committed, nothing read yet.
  public static let none = Offset(Int64(RD_KAFKA_OFFSET_INVALID))

  /// Whether it is a number, not a symbolic offset.
  public var isNumber: Bool { rawValue >= 0 }

  /// The number, or the name of the symbolic offset.
  public var description: String {
    switch self {
    case .beginning: "beginning"
    case .end: "end"
    case .stored: "stored"
    case .none: "none"
    default: "\(rawValue)"
    }
  }
}

/// A partition and a position in it.
public struct PartitionOffset: Hashable, Sendable, CustomStringConvertible {
  /// The partition.
  public var partition: TopicPartition
  /// The next record to read.
  public var offset: Offset
  /// The metadata text of a commit, returned with the group's committed offset (by default brokers allow 4096 bytes).
  public var note: String

  /// The position `offset` in `partition`.
  public init(_ partition: TopicPartition, _ offset: Offset, note: String = "") {
    self.partition = partition
    self.offset = offset
    self.note = note
  }

  /// `topic[partition]@offset`.
  public var description: String { "\(partition)@\(offset)" }
}

/// Owns a `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ partitions: [PartitionOffset]) {
    pointer = rd_kafka_topic_partition_list_new(Int32(clamping: max(1, partitions.count)))
    for entry in partitions {
      let element = rd_kafka_topic_partition_list_add(pointer, entry.partition.topic, entry.partition.partition)
      element?.pointee.offset = entry.offset.rawValue
      // The list frees this copy.
      if !entry.note.isEmpty, let copy = strdup(entry.note) {
        element?.pointee.metadata = UnsafeMutableRawPointer(copy)
        element?.pointee.metadata_size = strlen(copy)
      }
    }
  }

  init(_ partitions: [TopicPartition]) {
    self.init(partitions.map { PartitionOffset($0, .none) })
  }

  /// Takes ownership of a list.
  init(owning pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) { self.pointer = pointer }

  deinit { rd_kafka_topic_partition_list_destroy(pointer) }

  /// The list's entries, with the offsets and errors that a call has written into them.
  var entries: [(PartitionOffset, KafkaError?)] { Self.entries(pointer) }

  /// Throws the first error that a call has written into an entry.
  func check() throws(KafkaError) {
    for (entry, error) in entries {
      guard var error else { continue }
      error.message = "\(entry.partition): \(error.message)"
      throw error
    }
  }

  /// The entries of a list that we don't own.
  static func entries(
    _ pointer: UnsafePointer<rd_kafka_topic_partition_list_t>?
  ) -> [(PartitionOffset, KafkaError?)] {
    guard let list = pointer?.pointee else { return [] }
    return UnsafeBufferPointer(start: list.elems, count: Int(list.cnt)).map { element in
      let partition = TopicPartition(element.topic.map { String(cString: $0) } ?? "", element.partition)
      let error = element.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(element.err)
      let note = UnsafeRawBufferPointer(
        start: element.metadata, count: element.metadata == nil ? 0 : element.metadata_size)
      let place = PartitionOffset(partition, Offset(element.offset), note: String(decoding: note, as: UTF8.self))
      return (place, error)
    }
  }

  static func entries(
    _ pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
  ) -> [(PartitionOffset, KafkaError?)] {
    entries(UnsafePointer(pointer))
  }
}
