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

  /// By topic, then by number.
  public static func < (a: TopicPartition, b: TopicPartition) -> Bool {
    (a.topic, a.partition) < (b.topic, b.partition)
  }

  /// `topic[partition]`.
  public var description: String { "\(topic)[\(partition)]" }
}

/// A place in a partition: an offset, or a word for one.
public struct Offset: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The offset, from 0; below that, librdkafka's numbers for words.
  public var rawValue: Int64

  /// The offset `rawValue`, or the word of that number.
  public init(rawValue: Int64) { self.rawValue = rawValue }
  /// The offset `offset`.
  public init(_ offset: Int64) { rawValue = offset }
  /// The offset of a literal.
  public init(integerLiteral value: Int64) { rawValue = value }

  /// The oldest record there is.
  public static let beginning = Offset(Int64(RD_KAFKA_OFFSET_BEGINNING))
  /// The next record that will come.
  public static let end = Offset(Int64(RD_KAFKA_OFFSET_END))
  /// What the group has committed.
  public static let stored = Offset(Int64(RD_KAFKA_OFFSET_STORED))
  /// No place: nothing committed, nothing read yet.
  public static let none = Offset(Int64(RD_KAFKA_OFFSET_INVALID))

  /// Whether it is a number rather than a word.
  public var isNumber: Bool { rawValue >= 0 }

  /// The number, or the word.
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

/// A partition and a place in it.
public struct PartitionOffset: Hashable, Sendable, CustomStringConvertible {
  /// Which partition.
  public var partition: TopicPartition
  /// Where in it: the next record to be read.
  public var offset: Offset
  /// A short text that goes along with a commit, and comes with what the group has committed (4096 bytes at most, as
  /// brokers are set by default).
  public var note: String

  /// The place `offset` in `partition`.
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
      // The list frees its copy itself.
      if !entry.note.isEmpty, let copy = strdup(entry.note) {
        element?.pointee.metadata = UnsafeMutableRawPointer(copy)
        element?.pointee.metadata_size = strlen(copy)
      }
    }
  }

  init(_ partitions: [TopicPartition]) {
    self.init(partitions.map { PartitionOffset($0, .none) })
  }

  /// Takes over a list.
  init(owning pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) { self.pointer = pointer }

  deinit { rd_kafka_topic_partition_list_destroy(pointer) }

  /// The list's entries, with the offsets and errors that a call has written into them.
  var entries: [(PartitionOffset, KafkaError?)] { Self.entries(pointer) }

  /// The first error that a call has written into an entry.
  func check() throws(KafkaError) {
    for (entry, error) in entries {
      guard var error else { continue }
      error.message = "\(entry.partition): \(error.message)"
      throw error
    }
  }

  /// What stands in a list that belongs to somebody else.
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
