import Platform
import Records

/// What stands for an alert at a receiver that keeps alerts, such as Alertmanager: it is told of alerts, not of
/// transitions, and again while they fire.
///
/// A receiver of this kind knows an alert by its severity and its labels. A change of these ends one alert there and
/// begins another; we call them the alert's *faces*.
public struct StandingAlert: Equatable, Sendable {
  /// A face that ended.
  public struct Ended: Equatable, Sendable {
    /// The last transition with this face that the receiver was told of, as it stands in the topic.
    public var value: [UInt8]
    /// When it began to fire, milliseconds since the epoch.
    public var since: Int64
    /// When it ended, by the brokers' clock.
    public var at: Int64

    /// A face that ended.
    public init(value: [UInt8], since: Int64, at: Int64) {
      self.value = value
      self.since = since
      self.at = at
    }
  }

  /// For how long the end of a face is told again and again, milliseconds: a receiver that starts anew may have
  /// forgotten it.
  static let memory: Int64 = 900_000
  /// How many ended faces are remembered.
  static let greatestEnded = 8

  /// The last transition to firing that the receiver was told of, as it stands in the topic; nil if it doesn't fire.
  public var firing: [UInt8]?
  /// When the alert began to fire, whatever its face was then: milliseconds since the epoch.
  public var since: Int64
  /// Earlier faces, the last one to end last.
  public var ended: [Ended]

  /// An alert with these faces.
  public init(firing: [UInt8]?, since: Int64, ended: [Ended] = []) {
    self.firing = firing
    self.since = since
    self.ended = ended
  }

  /// What stands once the receiver, who had been told `before`, is told of a transition at `clock`.
  init(_ transition: ForwardedTransition, after before: StandingAlert?, at clock: Int64) {
    self = before ?? StandingAlert(firing: nil, since: 0)
    ended.removeAll { clock - $0.at > Self.memory }
    let decoded = Self.decode(transition.value)
    let face = decoded.map(Face.init)
    let firingFace = firing.flatMap { Self.decode($0) }.map(Face.init)
    let ends = transition.status == .resolved || firingFace != face
    if let old = firing, ends { ended.append(Ended(value: old, since: since, at: clock)) }
    if transition.status == .resolved {
      firing = nil
    } else {
      if firing == nil { since = decoded?.since.milliseconds ?? clock }
      firing = transition.value
      ended.removeAll { Self.decode($0.value).map(Face.init) == face }
    }
    ended.removeFirst(max(0, ended.count - Self.greatestEnded))
  }

  /// Without the ends that are no longer told; nil if nothing is left to tell.
  func told(at clock: Int64) -> StandingAlert? {
    var told = self
    told.ended.removeAll { clock - $0.at > Self.memory }
    return told.firing == nil && told.ended.isEmpty ? nil : told
  }

  private static func decode(_ value: [UInt8]) -> Transition? { value.withUnsafeBytes { Transition.decode($0) } }

  /// What a receiver knows an alert by, beside its rule and its host.
  private struct Face: Equatable {
    var metric: String
    var severity: Severity
    var labels: [Transition.Label]

    init(_ transition: Transition) {
      metric = transition.metric
      severity = transition.severity
      labels = transition.labels
    }
  }
}

/// Its part of a record of state.
extension StandingAlert {
  func write(to writer: inout BinaryWriter) {
    writer.optional(firing) { writer, value in value.withUnsafeBytes { writer.blob($0) } }
    writer.signed(since)
    writer.count(ended.count)
    for face in ended {
      face.value.withUnsafeBytes { writer.blob($0) }
      writer.signed(face.since)
      writer.signed(face.at)
    }
  }

  init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    firing = try reader.optional("firing") { reader throws(ChangelogProblem) in Array(try reader.blob()) }
    since = try reader.signed()
    ended = []
    for _ in 0..<(try reader.count(ofSize: 3)) {
      ended.append(Ended(value: Array(try reader.blob()), since: try reader.signed(), at: try reader.signed()))
    }
    guard ended.count <= Self.greatestEnded else { throw .impossible("ended faces") }
  }
}
