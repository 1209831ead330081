import Platform
import Records

/// What a receiver was told of an alert.
public struct ToldAlert: Equatable, Sendable {
  /// How many ids are remembered: an evaluator that delivers at least once may repeat its last transitions.
  static let rememberedIDs = 8
  /// For how long an alert that was told resolved is remembered, in milliseconds.
  static let memory: Int64 = 3_600_000

  /// The last status.
  public var status: Transition.Status
  /// The last severity.
  public var severity: Severity
  /// The ids of the last transitions, latest last.
  public private(set) var ids: [UInt64]
  /// The group that heard of it; nil if it isn't grouped.
  public var group: [String]?
  /// When it was told last, by the brokers' clock: milliseconds since the epoch.
  public var at: Int64
  /// For a receiver that keeps alerts: what stands for this one.
  public internal(set) var standing: StandingAlert?

  /// The receiver was told of `transition` with this id, after what it had been told `before`.
  init(_ transition: ForwardedTransition, group: [String]?, at: Int64, after before: ToldAlert?) {
    status = transition.status
    severity = transition.severity
    ids = Array(((before?.ids ?? []) + [transition.id]).suffix(Self.rememberedIDs))
    self.group = group
    self.at = at
  }

  /// Whether the receiver believes that it fires.
  public var isFiring: Bool { status == .firing }

  func write(to writer: inout BinaryWriter) {
    writer.byte(isFiring ? 1 : 0)
    writer.byte(severity.rawValue)
    writer.count(ids.count)
    for id in ids { writer.fixed(id) }
    writer.optional(group) { $0.texts($1) }
    writer.signed(at)
    writer.optional(standing) { $1.write(to: &$0) }
  }

  init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    status = try reader.bool("status") ? .firing : .resolved
    guard let severity = Severity(rawValue: try reader.byte()) else { throw .impossible("severity") }
    self.severity = severity
    ids = []
    for _ in 0..<(try reader.count(ofSize: 8)) { ids.append(try reader.fixed()) }
    guard ids.count <= Self.rememberedIDs else { throw .impossible("ids") }
    group = try reader.optional("group") { reader throws(ChangelogProblem) in try reader.texts("group") }
    at = try reader.signed()
    standing = try reader.optional("standing") { reader throws(ChangelogProblem) in try StandingAlert(from: &reader) }
  }
}

/// A transition on its way to a receiver.
public struct ForwardedTransition: Equatable, Sendable {
  /// Where it stands.
  public var place: ForwardPlace
  /// Its alert: the record's key, `rule/host`.
  public var alert: String
  /// Its id, as a number.
  public var id: UInt64
  /// The new status.
  public var status: Transition.Status
  /// The severity.
  public var severity: Severity
  /// The record's Kafka time, milliseconds since the epoch.
  public var kafkaTime: Int64
  /// The record's value, as it stands in the topic.
  public var value: [UInt8]
  /// Whether the receiver asks for it, even if it wasn't told of the alert.
  var isAskedFor = true

  /// The transition in the record with this value; `decoded` is what it says.
  public init(_ place: ForwardPlace, _ decoded: Transition, kafkaTime: Int64, value: [UInt8]) {
    self.place = place
    alert = decoded.key
    id = UInt64(decoded.id, radix: 16) ?? 0
    status = decoded.status
    severity = decoded.severity
    self.kafkaTime = kafkaTime
    self.value = value
  }
}
