import JSON
import Platform

extension Transition {
  /// 16 hexadecimal digits, a pure function of rule, subject, status, severity, reason, event time and the record's
  /// position: the same input always gives the same id, so readers can drop duplicates.
  ///
  /// SipHash-2-4 with key zero over, in this order: rule, subject, status, severity, reason (empty if there is none),
  /// event time in milliseconds, topic, partition, offset. Numbers are eight bytes, lowest first; texts are their
  /// length in that form, then their UTF-8.
  public var id: String {
    var identity = Identity()
    identity.append(rule)
    identity.append(subject)
    identity.append(status.rawValue)
    identity.append(severity.name)
    identity.append(reason?.rawValue ?? "")
    identity.append(timestamp.milliseconds)
    identity.append(source.topic)
    identity.append(Int64(source.partition))
    identity.append(source.offset)
    return hex(identity.finish())
  }

  /// The key of its record in the alerts topic: `rule/subject`.
  public var key: String { "\(rule)/\(subject)" }

  /// Writes it as JSON, version 1. Absent fields are left out.
  ///
  /// - Returns: the range of summary and labels in the writer's bytes. `bareLabels` can replace it if the transition is
  ///   too large for its topic.
  @discardableResult
  public func encode(into writer: inout Writer) -> Range<Int> {
    writer.beginObject()
    writer.key("id")
    writer.string(id)
    writer.key("timestamp")
    writer.time(timestamp)
    writer.key("status")
    writer.string(status.rawValue)
    writer.key("severity")
    writer.string(severity.name)
    writer.key("rule")
    writer.string(rule)
    writer.key("host")
    writer.string(subject)
    writer.key("metric")
    writer.string(metric)
    writer.key("value")
    writer.double(value)
    writer.key("threshold")
    writer.double(threshold)
    writer.key("since")
    writer.time(since)
    writer.key("previous")
    writer.string(previous.rawValue)
    if let reason {
      writer.key("reason")
      writer.string(reason.rawValue)
    }
    if let `repeat` {
      writer.key("repeat")
      writer.int(`repeat`)
    }
    let words = encodeWords(into: &writer)
    writer.key("source")
    writer.beginObject()
    writer.key("topic")
    writer.string(source.topic)
    writer.key("partition")
    writer.int(Int64(source.partition))
    writer.key("offset")
    writer.int(source.offset)
    writer.endObject()
    writer.endObject()
    return words
  }

  /// Writes summary and labels, with the comma before them.
  private func encodeWords(into writer: inout Writer) -> Range<Int> {
    let start = writer.bytes.count
    if let summary {
      writer.key("summary")
      writer.string(summary)
    }
    writer.key("labels")
    writer.object(labels)
    return start..<writer.bytes.count
  }

  /// The replacement for summary and labels in a transition without them.
  public static let bareLabels = Array(#","labels":{}"#.utf8)
}

extension Writer {
  /// An object with the names and values of `labels`.
  public mutating func object(_ labels: [Transition.Label]) {
    beginObject()
    for label in labels {
      key(label.name)
      string(label.value)
    }
    endObject()
  }
}

extension Severity {
  /// The name in records.
  public var name: String {
    switch self {
    case .warning: "warning"
    case .critical: "critical"
    }
  }

  /// The severity with this name; nil if there is none.
  public init?(_ name: String) {
    switch name {
    case "warning": self = .warning
    case "critical": self = .critical
    default: return nil
    }
  }
}
