import JSON
import Platform

extension Transition {
  /// Parses a transition of version 1, and ignores unknown fields; nil if it isn't one. All fields are required except
  /// `reason`, `repeat`, `summary` and `labels`.
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

  /// The same for bytes that are kept.
  public static func decode(_ bytes: [UInt8]) -> Transition? { bytes.withUnsafeBytes { decode($0) } }

  /// The fields read so far.
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

    /// Reads the value of the key at which `reader` is; false if it isn't JSON.
    mutating func read(_ reader: inout Reader) -> Bool {
      if reader.isText("labels") { return readLabels(&reader) }
      if reader.isText("source") { return readSource(&reader) }
      guard let name = reader.string else { return reader.skip() }
      switch reader.next() {
      case .beginObject, .beginArray:
        // The field's value is not a text or number: after `leave` the token has neither, so the field counts as
        // absent.
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

    /// The transition; nil if a required field is missing.
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
