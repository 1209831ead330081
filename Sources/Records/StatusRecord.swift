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
  /// Texts about the host, none by default.
  public var tags: [Tag] = []

  /// A record without any value; `metrics` are those it may have.
  public init(timestamp: WallTime, host: String, metrics: MetricTable) {
    self.timestamp = timestamp
    self.host = host
    self.metrics = MetricValues(metrics)
  }

  /// The names of its fields besides the metrics.
  private enum Name {
    static let timestamp: StaticString = "timestamp"
    static let host: StaticString = "host"
    static let kind: StaticString = "kind"
    static let interval: StaticString = "interval_ms"
    static let boot: StaticString = "boot_id"
    static let sequence: StaticString = "sequence"
    /// Reserved for records that tell of lost samples.
    static let gap: StaticString = "gap"

    static let all = [timestamp, host, kind, interval, boot, sequence, gap]
  }

  /// The names of all fields that a record with these metrics has or can have, without tags.
  public static func fields(with metrics: MetricTable) -> Set<String> {
    Set((Name.all + metrics.metrics.map(\.name)).map { "\($0)" })
  }

  /// Writes the record as one JSON object, with `others` as numbers at its end. Numbers that aren't finite are left
  /// out.
  public func encode(into writer: inout Writer, others: [(name: String, value: Double)] = []) {
    writer.beginObject()
    writer.key(Name.timestamp)
    writer.plainString { timestamp.appendRFC3339(to: &$0) }
    writer.key(Name.host)
    writer.string(host)
    if let kind {
      writer.key(Name.kind)
      writer.string(kind)
    }
    metrics.encode(into: &writer)
    writer.member(Name.interval, intervalMilliseconds)
    if let bootID {
      writer.key(Name.boot)
      writer.string(bootID)
    }
    writer.member(Name.sequence, sequence)
    for tag in tags {
      writer.key(tag.name)
      writer.string(tag.value)
    }
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

  /// The greatest length that a record of this host with these metrics and tags can have, in bytes.
  public static func greatestSize(host: String, metrics: MetricTable, tags: [Tag]) -> Int {
    var record = StatusRecord(timestamp: .latest, host: host, metrics: metrics)
    for (slot, metric) in metrics.metrics.enumerated() {
      record.metrics[slot] = metric.unit == .percent ? 100 : -Double.greatestFiniteMagnitude
    }
    record.intervalMilliseconds = .min
    record.bootID = String(repeating: "0", count: 36)
    record.sequence = .min
    record.tags = tags
    var writer = Writer()
    record.encode(into: &writer)
    return writer.bytes.count
  }
}

extension Writer {
  fileprivate mutating func member(_ name: StaticString, _ value: Int64?) {
    guard let value else { return }
    key(name)
    int(value)
  }
}
