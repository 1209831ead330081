import Platform
import Records

/// Holds what a backtest says against what stands in the alerts topic for the same stretch, by id.
///
/// First all records of the alerts topic come (`takeRecorded`), then the transitions of the backtest (`take`), each
/// alert's in their order. What silence of a series or a change of rules did stands in the alerts topic and can't be
/// found in the log; from there on an alert isn't compared.
public struct AlertsDifference {
  /// What came of one transition of the backtest.
  public enum Finding: Equatable, Sendable {
    /// It stands in the alerts topic.
    case same
    /// It doesn't.
    case missing
    /// It does, but in front of one that came before it.
    case outOfOrder
    /// The alert fired already when the stretch began, and the backtest has only now learned so.
    case begunBefore
    /// It comes behind something that no log tells.
    case notComparable
  }

  /// What was found so far.
  public struct Counts: Equatable, Sendable {
    /// Transitions that both have.
    public var same = 0
    /// Transitions that only the backtest has.
    public var missing = 0
    /// Transitions that only the alerts topic has; known at the end.
    public var extra = 0
    /// Transitions that both have, in another order.
    public var outOfOrder = 0
    /// Transitions that stand in the alerts topic more than once.
    public var doubled = 0
    /// Alerts of which the backtest only learned that they fired.
    public var begunBefore = 0
    /// Transitions of either side behind something that no log tells, and those that silence or rules made.
    public var notComparable = 0

    /// What was found in two stretches.
    public static func + (one: Counts, other: Counts) -> Counts {
      var sum = one
      sum.same += other.same
      sum.missing += other.missing
      sum.extra += other.extra
      sum.outOfOrder += other.outOfOrder
      sum.doubled += other.doubled
      sum.begunBefore += other.begunBefore
      sum.notComparable += other.notComparable
      return sum
    }
  }

  /// Bytes of transitions that are kept from the alerts topic at most.
  public static let limit = 512 << 20

  private struct Entry {
    var start: Int
    var end: Int
    var isFound = false
  }

  private struct Alert {
    /// It fired when the stretch began, and the backtest hasn't met anything of it that stands in the topic.
    var isBegunBefore = false
    /// Where in the source something happened that no log tells.
    var cut: Int64?
    /// The last entry that the backtest has met.
    var last = -1
  }

  private let stretch: Stretch
  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  private var places: [String: Int] = [:]
  private var alerts: [String: Alert] = [:]
  private let allowsDoubles: Bool
  /// What was found so far.
  public private(set) var counts = Counts()

  /// Nothing to compare with yet.
  ///
  /// - Parameter allowsDoubles: what stands in the topic more than once is no difference: deliveries are at least once.
  public init(_ stretch: Stretch, allowsDoubles: Bool = false) {
    self.stretch = stretch
    self.allowsDoubles = allowsDoubles
  }

  /// Whether both sides say the same.
  public var isSame: Bool {
    counts.missing == 0 && counts.extra == 0 && counts.outOfOrder == 0 && (allowsDoubles || counts.doubled == 0)
  }

  /// A record of the alerts topic, each partition's in the order of its log; `kafkaTime` in milliseconds since the
  /// epoch, -1: none.
  ///
  /// - Returns: false where more than `limit` would have to be kept: the stretch is too long to be compared.
  public mutating func takeRecorded(_ value: UnsafeRawBufferPointer?, kafkaTime: Int64) -> Bool {
    guard let value, let transition = Transition.decode(value), transition.source.topic == stretch.topic,
      let offsets = stretch.offsets[transition.source.partition], transition.source.offset < offsets.upperBound
    else { return true }
    let key = transition.key
    // Offsets of a topic that was deleted and created again are another log's.
    let isOlder = stretch.begin.map { kafkaTime >= 0 && kafkaTime < $0.milliseconds - Self.clockSkew } ?? false
    if isOlder || transition.source.offset < offsets.lowerBound {
      alerts[key, default: Alert()].isBegunBefore = transition.status == .firing
      return true
    }
    switch transition.reason {
    case .noData, .ruleRemoved, .ruleChanged:
      counts.notComparable += 1
      alerts[key, default: Alert()].cut = alerts[key]?.cut ?? transition.source.offset
      return true
    default:
      break
    }
    if alerts[key]?.cut != nil {
      counts.notComparable += 1
      return true
    }
    if places.updateValue(places[transition.id] ?? entries.count, forKey: transition.id) != nil {
      counts.doubled += 1
      return true
    }
    guard bytes.count + value.count <= Self.limit else { return false }
    entries.append(Entry(start: bytes.count, end: bytes.count + value.count))
    bytes.append(contentsOf: value)
    return true
  }

  /// Brokers' clocks differ by less.
  private static var clockSkew: Int64 { 300_000 }

  /// A transition of the backtest.
  public mutating func take(_ transition: Transition) -> Finding {
    var alert = alerts[transition.key] ?? Alert()
    defer { alerts[transition.key] = alert }
    if let cut = alert.cut, transition.source.offset > cut {
      counts.notComparable += 1
      return .notComparable
    }
    guard let place = places[transition.id] else {
      if alert.isBegunBefore, transition.status == .firing {
        counts.begunBefore += 1
        return .begunBefore
      }
      counts.missing += 1
      return .missing
    }
    alert.isBegunBefore = false
    entries[place].isFound = true
    defer { alert.last = max(alert.last, place) }
    if place < alert.last {
      counts.outOfOrder += 1
      return .outOfOrder
    }
    counts.same += 1
    return .same
  }

  /// The backtest has ended: gives what only the alerts topic has, in its order.
  public mutating func finish(_ body: (Transition) -> Void) {
    for entry in entries where !entry.isFound {
      counts.extra += 1
      bytes.withUnsafeBytes { all in
        if let transition = Transition.decode(UnsafeRawBufferPointer(rebasing: all[entry.start..<entry.end])) {
          body(transition)
        }
      }
    }
  }
}
