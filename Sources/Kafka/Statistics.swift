/// What a client tells about itself, of librdkafka's STATISTICS.md what statusd uses.
public struct Statistics: Equatable, Sendable {
  /// `client_id` and a number, such as `rdkafka#consumer-1`.
  public var name: String
  /// Records that wait in the producer's queue or are in flight.
  public var queuedRecords: Int64

  /// Decodes an object of librdkafka's; nil where it is none.
  public init?(json: UnsafeRawBufferPointer) {
    return nil
  }
}
