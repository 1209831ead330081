import JSON
import Platform

extension Transition {
  /// 16 hexadecimal digits, a pure function of rule, subject, status, severity, reason, event time and the record's
  /// place: the same input gives the same id, always, so that a reader can drop what it gets twice.
  ///
  /// SipHash-2-4 under the key zero over, in this order: rule, subject, status, severity, reason (empty where there is
  /// none), event time in milliseconds, topic, partition, offset; numbers as eight bytes, the lowest first, texts as
  /// their length so written and then their UTF-8.
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

  /// The key under which it stands in the alerts topic: `rule/subject`.
  public var key: String { "\(rule)/\(subject)" }

  /// Writes it as JSON, version 1. What is absent stays absent.
  public func encode(into writer: inout Writer) {
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
    encodeWhatMayBeAbsent(into: &writer)
    writer.key("labels")
    writer.beginObject()
    for label in labels {
      writer.key(label.name)
      writer.string(label.value)
    }
    writer.endObject()
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
  }

  private func encodeWhatMayBeAbsent(into writer: inout Writer) {
    if let reason {
      writer.key("reason")
      writer.string(reason.rawValue)
    }
    if let `repeat` {
      writer.key("repeat")
      writer.int(`repeat`)
    }
    if let summary {
      writer.key("summary")
      writer.string(summary)
    }
  }

  /// Reads a transition of version 1, whatever else stands in it; nil where `bytes` are none. What is absent but for
  /// `reason`, `repeat`, `summary` and `labels` makes it none.
  public static func decode(_ bytes: UnsafeRawBufferPointer) -> Transition? {
    var reader = Reader(bytes)
    guard reader.next() == .beginObject else { return nil }
    var parts = Parts()
    while reader.next() == .key {
      guard parts.read(&reader) else { return nil }
    }
    guard reader.token == .endObject, reader.next() == .end else { return nil }
    return parts.transition
  }

  /// What has been read of a transition.
  private struct Parts {
    var timestamp: WallTime?
    var status: Status?
    var severity: Severity?
    var rule: String?
    var host: String?
    var metric: String?
    var value: Double?
    var threshold: Double?
    var since: WallTime?
    var previous: Previous?
    var reason: Reason?
    var `repeat`: Int64?
    var summary: String?
    var labels: [Label] = []
    var source: SourcePosition?

    /// Reads the value of the key that `reader` stands at; false where it isn't JSON.
    mutating func read(_ reader: inout Reader) -> Bool {
      if reader.isText("labels") { return readLabels(&reader) }
      if reader.isText("source") { return readSource(&reader) }
      guard let name = reader.string else { return reader.skip() }
      switch reader.next() {
      case .beginObject, .beginArray:
        // Whatever is in it, it is none of these: the token behind it has neither text nor number.
        guard reader.leave() else { return false }
      case .invalid: return false
      default: break
      }
      switch name {
      case "timestamp": timestamp = reader.time
      case "since": since = reader.time
      case "status": status = reader.string.flatMap(Status.init)
      case "severity": severity = reader.string.flatMap(Severity.init)
      case "rule": rule = reader.string
      case "host": host = reader.string
      case "metric": metric = reader.string
      case "value": value = reader.double
      case "threshold": threshold = reader.double
      case "previous": previous = reader.string.flatMap(Previous.init)
      case "reason": reason = reader.string.flatMap(Reason.init)
      case "repeat": `repeat` = reader.int64
      case "summary": summary = reader.string
      default: break
      }
      return true
    }

    private mutating func readLabels(_ reader: inout Reader) -> Bool {
      labels = []
      guard reader.next() == .beginObject else { return reader.token == .beginArray ? reader.leave() : true }
      while reader.next() == .key {
        let name = reader.string
        guard reader.skip() else { return false }
        if let name, let value = reader.string { labels.append(Label(name: name, value: value)) }
      }
      return reader.token == .endObject
    }

    private mutating func readSource(_ reader: inout Reader) -> Bool {
      source = nil
      guard reader.next() == .beginObject else { return reader.token == .beginArray ? reader.leave() : true }
      var topic: String?
      var partition: Int32?
      var offset: Int64?
      while reader.next() == .key {
        let name = reader.string
        guard reader.skip() else { return false }
        switch name {
        case "topic": topic = reader.string
        case "partition": partition = reader.int64.flatMap(Int32.init(exactly:))
        case "offset": offset = reader.int64
        default: break
        }
      }
      if let topic, let partition, let offset {
        source = SourcePosition(topic: topic, partition: partition, offset: offset)
      }
      return reader.token == .endObject
    }

    /// All of it, where nothing that is needed is missing.
    var transition: Transition? {
      guard let timestamp, let status, let severity, let rule, let host, let metric, let value, let threshold,
        let since,
        let previous, let source
      else { return nil }
      return Transition(
        timestamp: timestamp, status: status, severity: severity, rule: rule, subject: host, metric: metric,
        value: value, threshold: threshold, since: since, previous: previous, reason: reason, repeat: `repeat`,
        summary: summary, labels: labels, source: source)
    }
  }
}

extension Severity {
  /// As it stands in records.
  public var name: String {
    switch self {
    case .warning: "warning"
    case .critical: "critical"
    }
  }

  /// The severity with this name.
  public init?(_ name: String) {
    switch name {
    case "warning": self = .warning
    case "critical": self = .critical
    default: return nil
    }
  }
}

extension Writer {
  /// A time as RFC 3339 with milliseconds, in UTC.
  public mutating func time(_ time: WallTime) { plainString { time.appendRFC3339(to: &$0) } }
}

extension WallTime {
  /// The instant that `text` says by RFC 3339, with its offset; nil where it says none.
  public init?(rfc3339 text: String) {
    var text = text
    guard case .instant(let instant) = text.withUTF8({ EventTime.text(UnsafeRawBufferPointer($0)) }) else { return nil }
    self.init(milliseconds: instant)
  }

  /// The event time that a JSON object has in `timestamp`; nil where it has none that can be read.
  public init?(timestampOf object: UnsafeRawBufferPointer) {
    var reader = Reader(object)
    guard reader.next() == .beginObject else { return nil }
    var time: WallTime?
    while reader.next() == .key {
      let isTime = reader.isText("timestamp")
      guard reader.skip() else { return nil }
      if isTime { time = reader.time }
    }
    guard let time else { return nil }
    self = time
  }
}

extension Reader {
  /// The instant that a token says, as a record's `timestamp`; nil where it says none.
  var time: WallTime? {
    let reading: TimeReading
    if var text = string {
      reading = text.withUTF8 { EventTime.text(UnsafeRawBufferPointer($0)) }
    } else if token == .number {
      reading = withPlace { EventTime.number($0) }
    } else {
      return nil
    }
    guard case .instant(let instant) = reading else { return nil }
    return WallTime(milliseconds: instant)
  }
}
