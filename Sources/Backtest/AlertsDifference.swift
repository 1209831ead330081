import Platform
import Records

/// Compares the transitions of a backtest with those in the alerts topic for the same stretch, by id.
///
/// Takes first all records of the alerts topic (`takeRecorded`), then the transitions of the backtest (`take`), those
/// of each alert in their order. The alerts topic also has transitions caused by silence or a change of rules, which
/// don't follow from the log; an alert isn't compared after such a transition.
public struct AlertsDifference {
  /// The result for one transition of the backtest.
  public enum Finding: Equatable, Sendable {
    /// It is in the alerts topic.
    case same
    /// It isn't in the alerts topic.
    case missing
    /// It is in the alerts topic, but before a transition that the backtest made earlier.
    case outOfOrder
    /// The alert fired already when the stretch began, and the backtest detects it only now.
    case begunBefore
    /// It comes after a transition that doesn't follow from the log.
    case notComparable
  }

  /// The results so far.
  public struct Counts: Equatable, Sendable {
    /// Transitions that both sides have.
    public var same = 0
    /// Transitions that only the backtest has.
    public var missing = 0
    /// Transitions that only the alerts topic has; known at the end.
    public var extra = 0
    /// Transitions that both sides have, in another order.
    public var outOfOrder = 0
    /// Transitions that are in the alerts topic more than once.
    public var doubled = 0
    /// Alerts that fired already when the stretch began.
    public var begunBefore = 0
    /// Transitions caused by silence or a change of rules, and those of either side after one.
    public var notComparable = 0

    /// The sum of the results of two stretches.
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

  /// The maximum size of the transitions kept from the alerts topic, in bytes.
  public static let limit = 512 << 20

  private struct Entry {
    var start: Int
    var end: Int
    var isFound = false
  }

  private struct Alert {
    /// Whether it fired when the stretch began, and the backtest hasn't made any of its recorded transitions yet.
    var isBegunBefore = false
    /// The source offset of the first transition that doesn't follow from the log.
    var cut: Int64?
    /// The last entry that the backtest has made.
    var last = -1
  }

  private let stretch: Stretch
  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  private var places: [String: Int] = [:]
  private var alerts: [String: Alert] = [:]
  private let allowsDoubles: Bool
  /// The results so far.
  public private(set) var counts = Counts()

  /// A comparison of `stretch`, without any transitions yet.
  ///
  /// - Parameter allowsDoubles: whether a transition may be in the topic more than once, as at-least-once delivery
  ///   allows.
  public init(_ stretch: Stretch, allowsDoubles: Bool = false) {
    self.stretch = stretch
    self.allowsDoubles = allowsDoubles
  }

  /// Whether both sides have the same transitions.
  public var isSame: Bool {
    counts.missing == 0 && counts.extra == 0 && counts.outOfOrder == 0 && (allowsDoubles || counts.doubled == 0)
  }

  /// Takes a record of the alerts topic, those of each partition in the order of its log. `kafkaTime` is in
  /// milliseconds since the epoch; -1 if there is none.
  ///
  /// - Returns: false if the kept transitions would exceed `limit`: the stretch is too long to compare.
  public mutating func takeRecorded(_ value: UnsafeRawBufferPointer?, kafkaTime: Int64) -> Bool {
    guard let value, let transition = Transition.decode(value), transition.source.topic == stretch.topic,
      let offsets = stretch.offsets[transition.source.partition], transition.source.offset < offsets.upperBound
    else { return true }
    let key = transition.key
    // Older records may have offsets of an earlier topic with the same name.
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

  /// The maximum difference between the clocks of brokers, in milliseconds.
  private static var clockSkew: Int64 { 300_000 }

  /// Takes a transition of the backtest.
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

  /// Ends the comparison. Gives the transitions that only the alerts topic has, in its order.
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
