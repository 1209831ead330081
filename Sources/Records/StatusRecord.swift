import JSON
import Platform

/// A status record, version 1: one sample of one host, as in the status topic. Fields that are nil are left out.
public struct StatusRecord: Equatable, Sendable {
  /// Event time: when the sample was taken.
  public var timestamp: WallTime
  /// The subject; also the record's key.
  public var host: String
  /// The kind of subject if it isn't a host: `self` for statusd's own metrics.
  public var kind: String?
  /// What was measured.
  public var metrics: MetricValues
  /// The time that the rates cover, milliseconds.
  public var intervalMilliseconds: Int64?
  /// The boot within which `sequence` rises.
  public var bootID: String?
  /// Rises by 1 from sample to sample.
  public var sequence: Int64?

  /// A record without any value; `metrics` are those it may have.
  public init(timestamp: WallTime, host: String, metrics: MetricTable) {
    self.timestamp = timestamp
    self.host = host
    self.metrics = MetricValues(metrics)
  }

  /// Writes the record as one JSON object, with `others` as numbers at its end. Numbers that aren't finite are left
  /// out.
  public func encode(into writer: inout Writer, others: [(name: String, value: Double)] = []) {
    writer.beginObject()
    writer.key("timestamp")
    writer.plainString { timestamp.appendRFC3339(to: &$0) }
    writer.key("host")
    writer.string(host)
    if let kind {
      writer.key("kind")
      writer.string(kind)
    }
    metrics.encode(into: &writer)
    writer.member("interval_ms", intervalMilliseconds)
    if let bootID {
      writer.key("boot_id")
      writer.string(bootID)
    }
    writer.member("sequence", sequence)
    for (name, value) in others where value.isFinite {
      writer.key(name)
      if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 {
        writer.int(Int64(value))
      } else {
        writer.double(value)
      }
    }
    writer.endObject()
  }
}

extension Writer {
  fileprivate mutating func member(_ name: StaticString, _ value: Int64?) {
    guard let value else { return }
    key(name)
    int(value)
  }
}
