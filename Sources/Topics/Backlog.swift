/// A record on its way to a topic. Its bytes are valid only during the call that passes it.
public struct OutgoingRecord {
  /// The number of its lane in `DeliveryPlan.lanes`: the topic, and the key if the record has none.
  public var lane: UInt8
  /// The partition; nil if the key decides.
  public var partition: Int32?
  /// The key; nil for the lane's key.
  public var key: UnsafeRawBufferPointer?
  /// The value; nil for a tombstone.
  public var value: UnsafeRawBufferPointer?

  /// A record of `lane`.
  public init(
    lane: UInt8, partition: Int32? = nil, key: UnsafeRawBufferPointer? = nil, value: UnsafeRawBufferPointer?
  ) {
    self.lane = lane
    self.partition = partition
    self.key = key
    self.value = value
  }
}

/// Keeps the records that no broker has acknowledged, oldest first, so that they can be sent again if a producer fails.
///
/// Each record has a number: the first one 1, the next one 2. A record is handed over once, or once more after each
/// `rewind`, and leaves when it is acknowledged, in any order.
public protocol Backlog {
  /// The number of records that aren't acknowledged.
  var count: Int { get }

  /// The number of records that aren't handed over.
  var waiting: Int { get }

  /// Appends a copy of the record; false if there is no room for it.
  mutating func append(_ record: OutgoingRecord) -> Bool

  /// Calls `body` with the next record to hand over and its number. Returns false if there is none.
  func withNext(_ body: (OutgoingRecord, _ number: UInt) -> Void) -> Bool

  /// Marks the record that `withNext` gave as handed over.
  mutating func advance()

  /// The lane of a record; nil if the record isn't here.
  func lane(of number: UInt) -> UInt8?

  /// Drops the record. Ignored if it isn't here, or wasn't handed over.
  mutating func acknowledge(_ number: UInt)

  /// Makes every record wait to be handed over again, in order.
  mutating func rewind()
}
