import JSON
import Platform

/// What a process of `statusd-forward` says of itself, or of one of its receivers: a record of the topic of readings.
///
/// It has no number of its own: a receiver moves from process to process, and each has its own clock and boot.
public struct ForwarderRecord: Equatable, Sendable {
  /// The kinds of its subject.
  public enum Kind: String, Sendable, CaseIterable {
    /// A process.
    case forwarder
    /// A receiver.
    case receiver
  }

  /// Its subject, which is also its key: `statusd-forward@INSTANCE`, or `receiver/NAME`.
  public var subject: String
  /// One flat JSON object.
  public var value: [UInt8]

  /// What a process says of itself.
  public init(_ numbers: ForwarderNumbers, instance: String, at time: WallTime) {
    self.init(
      "statusd-forward@\(instance)", .forwarder, [("instance", instance)], numbers.fields, at: time)
  }

  /// What the process `instance` says of a receiver.
  public init(_ numbers: ReceiverNumbers, of receiver: String, instance: String, at time: WallTime) {
    self.init(
      "receiver/\(receiver)", .receiver, [("receiver", receiver), ("instance", instance)], numbers.fields, at: time)
  }

  private init(
    _ subject: String, _ kind: Kind, _ texts: [(name: String, value: String)],
    _ fields: [(name: String, value: Double)], at time: WallTime
  ) {
    var record = StatusRecord(timestamp: time, host: subject, metrics: MetricTable([]))
    record.kind = kind.rawValue
    record.tags = texts.map { .init(name: $0.name, value: $0.value) }
    var writer = Writer()
    record.encode(into: &writer, others: fields)
    self.subject = subject
    value = writer.bytes
  }
}
